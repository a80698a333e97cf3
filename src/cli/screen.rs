//! A block of lines at the bottom of the terminal that is drawn again and again; what is said for good
//! scrolls away above it. Owns the cursor, and gives it back however the command ends.

use std::io::{self, Write as _};

use console::Term;

const HIDE_CURSOR: &str = "\u{1b}[?25l";
const SHOW_CURSOR: &str = "\u{1b}[?25h";
const CLEAR_TO_LINE_END: &str = "\u{1b}[K";
const CLEAR_TO_SCREEN_END: &str = "\u{1b}[J";

#[derive(Debug)]
pub(crate) struct Screen {
    term: Term,
    drawn: Vec<String>,
    cursor_hidden: bool,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self { term: Term::stdout(), drawn: Vec::new(), cursor_hidden: false }
    }

    /// Columns and lines that a block may use: one less each, so that no terminal wraps or scrolls.
    pub(crate) fn room(&self) -> (usize, usize) {
        let (lines, columns) = self.term.size();
        (usize::from(columns.max(2)) - 1, usize::from(lines.max(2)) - 1)
    }

    /// Replaces the block; nothing is written when it would look the same.
    pub(crate) fn draw(&mut self, block: Vec<String>) -> io::Result<()> {
        if block == self.drawn {
            return Ok(());
        }
        self.replace("", block)
    }

    /// Prints a line above the block, for good.
    pub(crate) fn say(&mut self, line: &str) -> io::Result<()> {
        let block = std::mem::take(&mut self.drawn);
        let said = format!("{line}{CLEAR_TO_LINE_END}\n");
        let height = block.len();
        self.write(height, &said, block)
    }

    fn replace(&mut self, said: &str, block: Vec<String>) -> io::Result<()> {
        let height = self.drawn.len();
        self.write(height, said, block)
    }

    /// One write a frame, so that nothing flickers.
    fn write(&mut self, height: usize, said: &str, block: Vec<String>) -> io::Result<()> {
        let mut text = String::new();
        if !self.cursor_hidden {
            text.push_str(HIDE_CURSOR);
            self.cursor_hidden = true;
        }
        if height > 0 {
            text.push_str(&format!("\u{1b}[{height}A\r"));
        }
        text.push_str(said);
        for line in &block {
            text.push_str(line);
            text.push_str(CLEAR_TO_LINE_END);
            text.push('\n');
        }
        text.push_str(CLEAR_TO_SCREEN_END);
        self.drawn = block;
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.cursor_hidden {
            let mut out = io::stdout().lock();
            // A terminal that is gone has no cursor to give back.
            let _ = out.write_all(SHOW_CURSOR.as_bytes()).and_then(|()| out.flush());
        }
    }
}
