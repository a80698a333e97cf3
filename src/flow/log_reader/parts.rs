//! Which parts of a range lie where: the hot chunks that were found in it, and the holes between them. Pure.

use crate::store::logs::{ChunkPage, Direction, LogRange, PackedChunk};

/// Some of a range, in the direction of reading.
#[derive(Debug)]
pub(super) enum Part {
    /// Neighbouring chunks.
    Hot(Vec<PackedChunk>),
    /// Not in the hot store (any more).
    Cold(LogRange),
}

impl Part {
    /// What is left of `rest` once all of this part has been read.
    pub fn behind(&self, rest: LogRange, direction: Direction) -> LogRange {
        match self {
            Self::Hot(chunks) => {
                chunks.last().map_or(rest, |chunk| rest.beyond(end_of(chunk, direction), direction))
            }
            Self::Cold(range) => rest.beyond(far_end(*range, direction), direction),
        }
    }
}

/// The last line of a range that a reader comes to.
pub(super) fn far_end(range: LogRange, direction: Direction) -> u64 {
    match direction {
        Direction::Forward => range.before.saturating_sub(1),
        Direction::Backward => range.after + 1,
    }
}

/// The parts of `range` that `page` speaks of, without a gap.
pub(super) fn parts(page: ChunkPage, range: LogRange, direction: Direction) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = range;
    for chunk in page.chunks {
        let hole = match direction {
            Direction::Forward => LogRange { before: chunk.first, ..rest },
            Direction::Backward => LogRange { after: chunk.last, ..rest },
        };
        rest = rest.beyond(end_of(&chunk, direction), direction);
        if !hole.is_empty() {
            parts.push(Part::Cold(hole));
        }
        match parts.last_mut() {
            Some(Part::Hot(chunks)) => chunks.push(chunk),
            _ => parts.push(Part::Hot(vec![chunk])),
        }
    }
    if page.is_last && !rest.is_empty() {
        parts.push(Part::Cold(rest));
    }
    parts
}

/// The last line of a chunk that a reader comes to.
pub(super) fn end_of(chunk: &PackedChunk, direction: Direction) -> u64 {
    match direction {
        Direction::Forward => chunk.last,
        Direction::Backward => chunk.first,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The places of the lines that the parts speak of, and whether each is hot.
    fn places(parts: &[Part], direction: Direction) -> Vec<(u64, bool)> {
        let mut all = Vec::new();
        for part in parts {
            match part {
                Part::Hot(chunks) => {
                    for chunk in chunks {
                        let mut of_chunk: Vec<_> = (chunk.first..=chunk.last).map(|n| (n, true)).collect();
                        if direction == Direction::Backward {
                            of_chunk.reverse();
                        }
                        all.extend(of_chunk);
                    }
                }
                Part::Cold(hole) => {
                    let mut of_hole: Vec<_> = (hole.after + 1..hole.before).map(|n| (n, false)).collect();
                    if direction == Direction::Backward {
                        of_hole.reverse();
                    }
                    all.extend(of_hole);
                }
            }
        }
        all
    }

    proptest! {
        /// Every line of the range is in one part, in order, and hot where a chunk holds it.
        #[test]
        fn every_line_has_its_part(
            lengths in proptest::collection::vec((0_u64..3, 1_u64..4), 0..6),
            backward in any::<bool>(),
            tail in 0_u64..3,
        ) {
            let direction = if backward { Direction::Backward } else { Direction::Forward };
            let (mut at, mut chunks, mut hot) = (0, Vec::new(), Vec::new());
            for (gap, length) in lengths {
                let first = at + gap + 1;
                at = first + length - 1;
                hot.extend(first..=at);
                chunks.push(PackedChunk { first, last: at, plain_bytes: 1, body: None });
            }
            let range = LogRange { after: 0, before: at + tail + 1 };
            if backward {
                chunks.reverse();
            }
            let seen = places(&parts(ChunkPage { chunks, is_last: true }, range, direction), direction);
            let mut expected: Vec<_> = (1..range.before).map(|n| (n, hot.contains(&n))).collect();
            if backward {
                expected.reverse();
            }
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn what_lies_behind_an_unfinished_page_is_not_judged() {
        let chunks = vec![PackedChunk { first: 1, last: 3, plain_bytes: 1, body: None }];
        let range = LogRange { after: 0, before: 10 };
        let parts = parts(ChunkPage { chunks, is_last: false }, range, Direction::Forward);
        assert!(matches!(&parts[..], [Part::Hot(_)]), "{parts:?}");
    }
}
