//! A demo for other sites to show in a frame: its card alone.

use leptos::prelude::*;

use crate::components::demo_card::{Around, DemoCard};
use crate::components::openness::Openness;
use crate::render;
use crate::shell::Shell;

/// The document in the frame. What it leads to opens in a window of its own: other pages are not shown in frames.
pub fn demo_embed(shell: &Shell, card: &DemoCard, openness: &Openness) -> String {
    render::document(|| {
        view! {
            <html lang="en" class="framed">
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <title>{format!("{} · {}", card.demo.title, shell.site.name)}</title>
                    <meta name="robots" content="noindex"/>
                    <meta name="color-scheme" content="light dark"/>
                    <link rel="stylesheet" href=shell.assets.stylesheet.clone()/>
                </head>
                <body>
                    <main id="main" class="demo-card">{card.render(openness, Around::Frame)}</main>
                </body>
            </html>
        }
        .into_any()
    })
}
