//! One post.

use std::sync::Arc;

use leptos::prelude::*;
use regatta_domain::post::Post;

use crate::components::cards::{byline, topics};
use crate::components::layout::{Page, Section, page_head};
use crate::components::markdown::prose;
use crate::paths;
use crate::shell::Shell;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct PostView {
    /// The post.
    pub post: Arc<Post>,
}

/// A post's page.
pub fn post(shell: &Shell, view: &PostView) -> String {
    let post = &view.post;
    let main = view! {
        <article>
            {page_head("Post", &post.title, Some(&post.summary), post.slug.as_str())}
            <div class="with-aside">
                {prose(&post.body)}
                <aside class="aside" aria-label="About this post">
                    {byline(post)}
                    {topics(&post.topics)}
                    <copy-link href=shell.absolute(&paths::post(&post.slug))></copy-link>
                </aside>
            </div>
        </article>
        <p class="more"><a href=paths::POSTS>"All posts"</a></p>
    };
    let page = Page {
        title: Some(post.title.clone()),
        description: post.summary.clone(),
        path: Some(paths::post(&post.slug)),
        section: Some(Section::Posts),
        structured_data: None,
        main: main.into_any(),
    };
    page.render(shell)
}
