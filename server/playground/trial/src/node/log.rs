//! What a container printed, as a node keeps it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::clock;

/// A line that is longer is kept in pieces.
pub const PIECE: usize = 16 << 10;
/// A log that is larger begins anew.
const ROTATION: u64 = 10 << 20;

/// A line, or a piece of one.
#[derive(Clone, Debug)]
pub struct Record {
    /// When it was printed.
    pub at: Timestamp,
    /// What.
    pub text: Bytes,
    /// Whether the line ends here.
    pub ends_line: bool,
}

/// What a container printed.
#[derive(Debug)]
pub struct ContainerLog {
    state: Mutex<State>,
    version: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// How often it began anew.
    rotation: u64,
    records: Vec<Record>,
    bytes: u64,
    total: u64,
    closed: bool,
}

/// How far somebody has read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    rotation: u64,
    record: usize,
}

/// What there is to read at a place.
#[derive(Debug)]
pub struct Reading {
    /// What was printed since.
    pub records: Vec<Record>,
    /// Whether nothing comes after it.
    pub is_all: bool,
}

impl Default for ContainerLog {
    fn default() -> Self {
        Self { state: Mutex::default(), version: watch::Sender::new(0) }
    }
}

impl ContainerLog {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line, or a piece of one.
    pub fn write(&self, text: &[u8], ends_line: bool) {
        {
            let mut state = self.state();
            let size = text.len() as u64 + u64::from(ends_line);
            if state.bytes + size > ROTATION {
                state.rotation += 1;
                state.records.clear();
                state.bytes = 0;
            }
            state.bytes += size;
            state.total += size;
            state.records.push(Record { at: clock::now(), text: Bytes::copy_from_slice(text), ends_line });
        }
        self.version.send_modify(|version| *version += 1);
    }

    /// Says that nothing more comes.
    pub fn close(&self) {
        self.state().closed = true;
        self.version.send_modify(|version| *version += 1);
    }

    /// How many bytes were printed.
    pub fn printed(&self) -> u64 {
        self.state().total
    }

    /// Where reading begins.
    pub fn start(&self) -> Place {
        Place { rotation: self.state().rotation, record: 0 }
    }

    /// What was printed since `place` and before `until`; `place` moves on. Who reads a log that begins anew has read it
    /// to its end.
    pub fn read(&self, place: &mut Place, until: Timestamp) -> Reading {
        let state = self.state();
        if place.rotation != state.rotation {
            return Reading { records: Vec::new(), is_all: true };
        }
        let unread = state.records.get(place.record..).unwrap_or_default();
        let records: Vec<Record> = unread.iter().take_while(|record| record.at <= until).cloned().collect();
        place.record += records.len();
        Reading { is_all: state.closed, records }
    }

    /// Changes with what is there to read.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_begins_anew_ends_for_its_readers() {
        let log = ContainerLog::default();
        let mut place = log.start();
        let line = vec![b'x'; PIECE];
        log.write(&line, true);
        assert_eq!(log.read(&mut place, clock::now()).records.len(), 1);
        while log.start().rotation == 0 {
            log.write(&line, true);
        }
        let reading = log.read(&mut place, clock::now());
        assert!(reading.is_all && reading.records.is_empty());
        assert_eq!(
            log.read(&mut log.start(), clock::now()).records.len(),
            1,
            "only the newest part is there"
        );
    }
}
