//! Jobs in the pods of a private cluster, from their creation to their end.

mod adopting;
mod ending;
mod support;
mod waiting;
