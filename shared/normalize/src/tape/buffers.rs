//! What a tape is made in.

use std::cell::RefCell;
use std::mem;
use std::ops::{Deref, DerefMut};

use super::quotes::Block;
use super::{Fingerprints, Node};

/// Kept from webhook to webhook: they are the largest pieces of memory beside the message, and a function has one webhook
/// at a time.
#[derive(Clone, Default)]
pub struct Buffers {
    /// What stands in one container stands together, in order.
    pub nodes: Vec<Node>,
    /// Of the nodes' names, apart from them to be searched as bytes.
    pub fingerprints: Fingerprints,
    /// What stands in the containers that have not ended yet.
    pub open: Vec<Node>,
    pub blocks: Vec<Block>,
}

/// Those of a larger body are given back, for there may be none like it again: a body of 64 KiB has some 2,000 nodes.
const MOST_NODES: usize = 4096;

/// A body may have JSON inside of text, which is a tape within a tape.
const MOST_KEPT: usize = 2;

thread_local! {
    static KEPT: RefCell<Vec<Buffers>> = const { RefCell::new(Vec::new()) };
}

/// None in a thread that ends: it needs none.
fn kept<T>(use_them: impl FnOnce(&mut Vec<Buffers>) -> T) -> Option<T> {
    KEPT.try_with(|kept| kept.try_borrow_mut().ok().map(|mut kept| use_them(&mut kept))).ok().flatten()
}

impl Buffers {
    /// Empty, with room for a text of so many bytes. Those of the last webhook, unless other tapes have them.
    pub fn take(bytes: usize) -> Self {
        let mut buffers = kept(Vec::pop).flatten().unwrap_or_default();
        // A webhook has a value in every 20 to 40 bytes, rarely one in less.
        let nodes = bytes / 16;
        buffers.nodes.clear();
        buffers.nodes.reserve(nodes);
        buffers.fingerprints.clear(nodes);
        buffers
    }
}

/// Buffers that go back where they are from.
#[derive(Clone)]
pub struct Lent(Buffers);

impl Lent {
    pub fn new(buffers: Buffers) -> Self {
        Self(buffers)
    }
}

impl Deref for Lent {
    type Target = Buffers;

    fn deref(&self) -> &Buffers {
        &self.0
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Buffers {
        &mut self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let buffers = mem::take(&mut self.0);
        if buffers.nodes.capacity() <= MOST_NODES {
            kept(|kept| {
                if kept.len() < MOST_KEPT {
                    kept.push(buffers);
                }
            });
        }
    }
}
