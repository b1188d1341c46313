//! A cluster is connected and probed through the executor's own path, on a private cluster that really runs the pods.

#[cfg(test)]
mod connecting;
#[cfg(test)]
mod probing;
#[cfg(test)]
mod support;
