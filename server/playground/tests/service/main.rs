//! The playground as a whole, on a real store, with an executor that follows a script.

#[cfg(test)]
mod admission;
#[cfg(test)]
mod conducting;
#[cfg(test)]
mod restarting;
#[cfg(test)]
mod support;
#[cfg(test)]
mod watching;
