//! All posts.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::post::Post;

use crate::components::cards::{Rank, post_entry};
use crate::components::layout::{Page, Section, page_head};
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct PostsView {
    /// Every post, the latest first.
    pub posts: Vec<Arc<Post>>,
}

/// The list of posts.
pub fn posts(shell: &Shell, view: &PostsView) -> String {
    let lede = "What the projects of the community went through, with the figures.";
    let entries = view.posts.iter().map(|post| post_entry(post, Rank::Second)).collect_view();
    let main = view! {
        {page_head("Log book", "Posts", Some(lede), "posts")}
        {view.posts.is_empty().then(|| view! { <p class="empty">"Nothing was posted yet."</p> })}
        <ul class="posts">{entries}</ul>
    };
    let page = Page {
        title: Some("Posts".to_owned()),
        description: lede.to_owned(),
        path: Some(paths::POSTS.to_owned()),
        section: Some(Section::Posts),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}
