//! What a command node becomes for one attempt: words, variables and an image, with the values of the run in them.

use super::expression::{ExpressionFault, VALUE_MAX_BYTES};
use super::fault::quoted;
use super::fields::NAME_MAX_BYTES;
use super::model::{Call, Command, CommandNode};
use super::scope::Scope;

/// Bytes of one rendered text. Linux takes 128 KiB for one argument or variable, so more never starts.
const RENDERED_MAX_BYTES: usize = 128 * 1024 - 1;
/// Bytes of all words and variables together: what Linux takes with its usual stack of 8 MiB.
const COMMAND_MAX_BYTES: usize = 2 << 20;
/// How messages describe a good image.
pub const IMAGE_EXPECTED: &str = "the name of an image, such as telltale/busybox";

/// An attempt's command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Never empty.
    pub words: Vec<String>,
    pub image: Option<String>,
    pub env: Vec<(String, String)>,
}

/// Why a node can't start; the same would happen again, so it is not retried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderFault {
    #[error(transparent)]
    Expression(#[from] ExpressionFault),
    #[error("{what} holds U+0000, which no process can be given")]
    Nul { what: String },
    #[error("{what} has more than 128 KiB, which no process can be given")]
    TooLong { what: String },
    #[error("its words and variables have more than 2 MiB, which no process can be given")]
    TooMuch,
    #[error("{0} is no name of an image")]
    Image(String),
}

impl CommandNode {
    /// The command line with the values of `scope`.
    pub fn render(&self, scope: &Scope) -> Result<Rendered, RenderFault> {
        let mut left = COMMAND_MAX_BYTES;
        let words = match &self.command {
            Command::Script(script) => vec!["/bin/sh".to_owned(), "-c".to_owned(), script.to_string()],
            Command::Arguments(words) => words
                .iter()
                .enumerate()
                .map(|(place, word)| {
                    given(word.text(scope)?, &mut left, || format!("word {} of the command", place + 1))
                })
                .collect::<Result<_, _>>()?,
        };
        let image = self.image.as_ref().map(|image| image.text(scope)).transpose()?;
        if let Some(image) = image.as_deref().filter(|image| !is_image(image)) {
            return Err(RenderFault::Image(quoted(image)));
        }
        let mut variable = |(name, value): &(std::sync::Arc<str>, super::template::Template)| {
            let value = given(value.text(scope)?, &mut left, || format!("the variable {}", quoted(name)))?;
            Ok((name.to_string(), value))
        };
        let env = self.env.iter().map(&mut variable).collect::<Result<_, RenderFault>>()?;
        Ok(Rendered { words, image, env })
    }
}

impl Call {
    /// The inputs of the other run.
    pub fn inputs(
        &self,
        scope: &Scope,
    ) -> Result<serde_json::Map<String, serde_json::Value>, ExpressionFault> {
        let mut left = VALUE_MAX_BYTES;
        self.with.iter().map(|(name, value)| Ok((name.to_string(), value.value(scope, &mut left)?))).collect()
    }
}

fn given(text: String, left: &mut usize, what: impl Fn() -> String) -> Result<String, RenderFault> {
    if text.contains('\0') {
        return Err(RenderFault::Nul { what: what() });
    }
    if text.len() > RENDERED_MAX_BYTES {
        return Err(RenderFault::TooLong { what: what() });
    }
    *left = left.checked_sub(text.len()).ok_or(RenderFault::TooMuch)?;
    Ok(text)
}

/// Whether `image` can be the name of one. It becomes a part of a path in Docker's API, so what can't be in a name is
/// refused before.
#[must_use]
pub fn is_image(image: &str) -> bool {
    !image.is_empty()
        && image.len() <= NAME_MAX_BYTES
        && image.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/:@".contains(&b))
        && !image.split('/').any(|part| part.is_empty() || part.starts_with('.'))
}
