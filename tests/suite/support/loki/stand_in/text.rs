//! Reads what Loki's API takes as text: names, quoted strings, label sets. Used for pushes and for queries.

use std::collections::BTreeMap;

/// The labels of a stream, by name.
pub type Labels = BTreeMap<String, String>;

/// A place in a text, moved on by what is recognised there.
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    pub fn ended(&mut self) -> bool {
        self.space();
        self.rest().is_empty()
    }

    /// Takes `word` if it comes next, spaces aside.
    pub fn eat(&mut self, word: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes a whole word: `or` is not the start of `order`.
    pub fn eat_word(&mut self, word: &str) -> bool {
        self.space();
        let after = self.rest().strip_prefix(word).map(|rest| rest.chars().next());
        let found = after.is_some_and(|next| !next.is_some_and(|c| c.is_alphanumeric() || c == '_'));
        if found {
            self.at += word.len();
        }
        found
    }

    pub fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.eat(word) { Ok(()) } else { Err(self.fault(&format!("expected `{word}`"))) }
    }

    /// A label's name: `[a-zA-Z_][a-zA-Z0-9_]*`.
    pub fn name(&mut self) -> Result<&'a str, String> {
        self.take(
            |place, c| c == '_' || c.is_ascii_alphabetic() || (place > 0 && c.is_ascii_digit()),
            "a name",
        )
    }

    pub fn number(&mut self) -> Result<f64, String> {
        let text = self.take(|_, c| c.is_ascii_digit() || c == '.' || c == '-', "a number")?;
        text.parse().map_err(|_| self.fault("expected a number"))
    }

    fn take(&mut self, belongs: impl Fn(usize, char) -> bool, what: &str) -> Result<&'a str, String> {
        self.space();
        let rest = self.rest();
        let length =
            rest.char_indices().find(|(place, c)| !belongs(*place, *c)).map_or(rest.len(), |(at, _)| at);
        if length == 0 {
            return Err(self.fault(&format!("expected {what}")));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    /// A string in double quotes with Go's escapes, or in backticks without any.
    pub fn string(&mut self) -> Result<String, String> {
        self.space();
        if let Some(rest) = self.rest().strip_prefix('`') {
            let length = rest.find('`').ok_or_else(|| self.fault("a string that does not end"))?;
            self.at += length + 2;
            return Ok(rest[..length].to_owned());
        }
        let Some(rest) = self.rest().strip_prefix('"') else { return Err(self.fault("expected a string")) };
        let (text, used) = unquote(rest).map_err(|fault| self.fault(&fault))?;
        self.at += 1 + used;
        Ok(text)
    }

    /// A fault in the words of a parser, with its place.
    pub fn fault(&self, what: &str) -> String {
        format!("parse error at line 1, col {}: syntax error: {what}, got {:?}", self.at + 1, self.rest())
    }
}

/// What stands before the closing quote, and how many bytes were read, the quote among them.
fn unquote(rest: &str) -> Result<(String, usize), String> {
    let mut out = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((out, at + 1)),
            '\n' => return Err("a line break in a string".to_owned()),
            '\\' => out.push(escape(&mut chars)?),
            c => out.push(c),
        }
    }
    Err("a string that does not end".to_owned())
}

fn escape(chars: &mut std::str::CharIndices<'_>) -> Result<char, String> {
    let unknown = || "an escape that is none".to_owned();
    let (_, c) = chars.next().ok_or_else(unknown)?;
    let mut code = |digits: usize| {
        let text: String = chars.by_ref().take(digits).map(|(_, c)| c).collect();
        let code = u32::from_str_radix(&text, 16).map_err(|_| unknown())?;
        char::from_u32(code).ok_or_else(unknown)
    };
    Ok(match c {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '"' => c,
        'x' => code(2)?,
        'u' => code(4)?,
        'U' => code(8)?,
        _ => return Err(unknown()),
    })
}

/// `{a="b", c="d"}`, as a push names its stream.
pub fn labels(text: &str) -> Result<Labels, String> {
    let mut scanner = Scanner::new(text);
    let mut labels = Labels::new();
    scanner.expect("{")?;
    while !scanner.eat("}") {
        let name = scanner.name()?.to_owned();
        scanner.expect("=")?;
        if labels.insert(name.clone(), scanner.string()?).is_some() {
            return Err(format!("stream '{text}' has duplicate label name: '{name}'"));
        }
        if !scanner.eat(",") && !scanner.rest().trim_start().starts_with('}') {
            return Err(scanner.fault("expected `,` or `}`"));
        }
    }
    if scanner.ended() { Ok(labels) } else { Err(scanner.fault("expected the end")) }
}

/// The same the other way round, names in order.
pub fn shown(labels: &Labels) -> String {
    let all: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", all.join(", "))
}
