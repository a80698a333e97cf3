//! The part of LogQL that log queries need: a stream selector, line filters and label filters.
//!
//! Parsers and formatters are not here; asking for one is answered as a syntax error. Metric queries: [`super::metric`].

use regex::Regex;

use super::text::{Labels, Scanner};

/// A log query, ready to be asked of each stream and each entry.
pub struct Query {
    selector: Vec<Matcher>,
    stages: Vec<Stage>,
}

struct Matcher {
    name: String,
    test: Test,
}

enum Test {
    Is(String),
    IsNot(String),
    Like(Regex),
    Unlike(Regex),
}

enum Stage {
    /// A line stays if one of the patterns is found in it, or, where `wanted` is false, if none is.
    Line {
        wanted: bool,
        patterns: Vec<Pattern>,
    },
    Label(Filter),
}

enum Pattern {
    Text(String),
    Regex(Regex),
}

enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Text(Matcher),
    Number { name: String, holds: Comparison, value: f64 },
}

/// What has to hold between a label's number and the query's.
type Comparison = fn(f64, f64) -> bool;

impl Query {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut scanner = Scanner::new(text);
        let selector = selector(&mut scanner)?;
        let mut stages = Vec::new();
        while !scanner.ended() {
            stages.push(stage(&mut scanner)?);
        }
        if !selector.iter().any(|matcher| !matcher.test.holds("")) {
            return Err("queries require at least one regexp or equality matcher that does not have an \
                        empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but \
                        app=~\".+\" will"
                .to_owned());
        }
        Ok(Self { selector, stages })
    }

    pub fn selects(&self, labels: &Labels) -> bool {
        self.selector.iter().all(|matcher| matcher.holds(&|name| labels.get(name).map(String::as_str)))
    }

    pub fn keeps(&self, line: &str, labels: &Labels, metadata: &[(String, String)]) -> bool {
        let value = |name: &str| {
            let own = metadata.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
            own.or_else(|| labels.get(name).map(String::as_str))
        };
        self.stages.iter().all(|stage| match stage {
            Stage::Line { wanted, patterns } => patterns.iter().any(|pattern| pattern.is_in(line)) == *wanted,
            Stage::Label(filter) => filter.holds(&value),
        })
    }
}

impl Test {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::Is(wanted) => value == wanted,
            Self::IsNot(unwanted) => value != unwanted,
            Self::Like(wanted) => wanted.is_match(value),
            Self::Unlike(unwanted) => !unwanted.is_match(value),
        }
    }
}

type Lookup<'a> = dyn Fn(&str) -> Option<&'a str> + 'a;

impl Matcher {
    /// A label that is not there has the empty value.
    fn holds(&self, value: &Lookup<'_>) -> bool {
        self.test.holds(value(&self.name).unwrap_or_default())
    }
}

impl Pattern {
    fn is_in(&self, line: &str) -> bool {
        match self {
            Self::Text(text) => line.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(line),
        }
    }
}

impl Filter {
    fn holds(&self, value: &Lookup<'_>) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.holds(value)),
            Self::Any(filters) => filters.iter().any(|filter| filter.holds(value)),
            Self::Text(matcher) => matcher.holds(value),
            Self::Number { name, holds, value: limit } => {
                value(name).and_then(|value| value.parse().ok()).is_some_and(|value| holds(value, *limit))
            }
        }
    }
}

fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|e| format!("parse error : error parsing regexp: {e}"))
}

fn selector(scanner: &mut Scanner<'_>) -> Result<Vec<Matcher>, String> {
    scanner.expect("{")?;
    let mut matchers = Vec::new();
    while !scanner.eat("}") {
        let name = scanner.name()?.to_owned();
        let test = text_test(scanner)?;
        matchers.push(Matcher { name, test });
        if !scanner.eat(",") && !scanner.rest().trim_start().starts_with('}') {
            return Err(scanner.fault("expected `,` or `}`"));
        }
    }
    Ok(matchers)
}

/// `= "…"`, `!= "…"`, `=~ "…"`, `!~ "…"`; a label's regex has to match the whole value.
fn text_test(scanner: &mut Scanner<'_>) -> Result<Test, String> {
    let whole = |text: String| regex(&format!("^(?s:{text})$"));
    if scanner.eat("=~") {
        Ok(Test::Like(whole(scanner.string()?)?))
    } else if scanner.eat("!~") {
        Ok(Test::Unlike(whole(scanner.string()?)?))
    } else if scanner.eat("!=") {
        Ok(Test::IsNot(scanner.string()?))
    } else {
        scanner.expect("=")?;
        Ok(Test::Is(scanner.string()?))
    }
}

fn stage(scanner: &mut Scanner<'_>) -> Result<Stage, String> {
    for (sign, wanted, is_regex) in
        [("|=", true, false), ("|~", true, true), ("!=", false, false), ("!~", false, true)]
    {
        if scanner.eat(sign) {
            return line_filter(scanner, wanted, is_regex);
        }
    }
    scanner.expect("|")?;
    Ok(Stage::Label(any(scanner)?))
}

fn line_filter(scanner: &mut Scanner<'_>, wanted: bool, is_regex: bool) -> Result<Stage, String> {
    let mut patterns = Vec::new();
    loop {
        let text = scanner.string()?;
        patterns.push(if is_regex { Pattern::Regex(regex(&text)?) } else { Pattern::Text(text) });
        if !scanner.eat_word("or") {
            return Ok(Stage::Line { wanted, patterns });
        }
    }
}

fn any(scanner: &mut Scanner<'_>) -> Result<Filter, String> {
    let mut filters = vec![all(scanner)?];
    while scanner.eat_word("or") {
        filters.push(all(scanner)?);
    }
    Ok(Filter::Any(filters))
}

fn all(scanner: &mut Scanner<'_>) -> Result<Filter, String> {
    let mut filters = vec![one(scanner)?];
    while scanner.eat_word("and") || scanner.eat(",") {
        filters.push(one(scanner)?);
    }
    Ok(Filter::All(filters))
}

fn one(scanner: &mut Scanner<'_>) -> Result<Filter, String> {
    if scanner.eat("(") {
        let filter = any(scanner)?;
        scanner.expect(")")?;
        return Ok(filter);
    }
    let name = scanner.name()?.to_owned();
    let rest = scanner.rest().trim_start();
    let value = rest.trim_start_matches(['=', '!', '<', '>', '~']).trim_start();
    if value.starts_with(['"', '`']) {
        return Ok(Filter::Text(Matcher { name, test: text_test(scanner)? }));
    }
    let comparisons: [(&str, Comparison); 7] = [
        (">=", |a, b| a >= b),
        ("<=", |a, b| a <= b),
        ("==", |a, b| a == b),
        ("!=", |a, b| a != b),
        (">", |a, b| a > b),
        ("<", |a, b| a < b),
        ("=", |a, b| a == b),
    ];
    for (sign, holds) in comparisons {
        if scanner.eat(sign) {
            return Ok(Filter::Number { name, holds, value: scanner.number()? });
        }
    }
    Err(scanner.fault("expected a comparison (the stand-in knows no parsers or formatters)"))
}
