//! One page each: what it shows as a plain struct, and the function that renders the whole document.

pub mod ambassador;
pub mod ambassadors;
pub mod demo;
pub mod dev_mail;
pub mod dev_mail_samples;
pub mod erase;
pub mod error;
pub mod event;
pub mod events;
pub mod feedback;
pub mod follow;
pub mod home;
pub mod playground;
pub mod post;
pub mod posts;
pub mod registered;
pub mod registration;
pub mod run;
pub mod series;
pub mod showcase;
pub mod standing;
pub mod ticket;
