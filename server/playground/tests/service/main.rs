//! The playground as a whole, on a real store, with an executor that follows a script.

#[cfg(test)]
mod admission;
#[cfg(test)]
mod adopting;
#[cfg(test)]
mod branching;
#[cfg(test)]
mod conducting;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod exchanging;
#[cfg(test)]
mod operating;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod replaying;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod restarting;
#[cfg(test)]
mod support;
#[cfg(test)]
mod waiting;
#[cfg(test)]
mod watching;
