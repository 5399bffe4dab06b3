//! Reads the operands of an expression: columns, values, calls and casts.
//!
//! Pure.

use super::expression::Reader;
use super::node::Node;
use crate::sql::TokenKind;

/// Words that belong to a type's name behind its first.
const TYPE_WORDS: [&str; 6] = ["varying", "precision", "with", "without", "time", "zone"];

impl Reader<'_> {
    /// Reads operands that are joined by operators that do not compare: nobody knows what for.
    pub(super) fn sum(&mut self) -> Option<Node> {
        let mut node = self.operand()?;
        while self.kind() == Some(TokenKind::Operator) && self.comparison().is_none() {
            self.next += 1;
            self.operand()?;
            node = Node::Unknown;
        }
        Some(node)
    }

    fn operand(&mut self) -> Option<Node> {
        let negative = self.takes_operator("-");
        let mut node = self.primary()?;
        if negative {
            node = match node {
                Node::Literal(text) => Node::Literal(format!("-{text}")),
                _ => Node::Unknown,
            };
        }
        loop {
            if self.takes_operator("::") {
                node = Node::Cast(Box::new(node), self.type_name()?);
            } else if self.takes_word("COLLATE") {
                self.next += 1;
                node = Node::Unknown;
            } else {
                return Some(node);
            }
        }
    }

    fn type_name(&mut self) -> Option<String> {
        let mut words = Vec::new();
        while self.begins_name()
            && (words.is_empty() || self.phrase.is_any_word(self.next, &TYPE_WORDS))
        {
            words.push(self.text().to_ascii_lowercase());
            self.next += 1;
            while self.takes_mark(".") {
                words.push(self.text().to_owned());
                self.next += 1;
            }
            if self.takes_mark("(") {
                self.items(")")?;
            }
        }
        while self.takes_mark("[") {
            self.takes_mark("]").then_some(())?;
            words.push("[]".to_owned());
        }
        (!words.is_empty()).then(|| words.join(" "))
    }

    fn begins_name(&self) -> bool {
        matches!(
            self.kind(),
            Some(TokenKind::Word | TokenKind::QuotedIdentifier)
        )
    }

    fn primary(&mut self) -> Option<Node> {
        if self.takes_mark("(") {
            let node = self.any_of()?;
            return self.takes_mark(")").then_some(node);
        }
        let text = self.text().to_owned();
        let kind = self.kind()?;
        self.next += 1;
        match kind {
            TokenKind::Number => Some(Node::Literal(text)),
            TokenKind::String => literal(&text).map(Node::Literal),
            TokenKind::QuotedIdentifier => {
                let inner = text.get(1..text.len().checked_sub(1)?)?;
                self.named(inner.replace("\"\"", "\""))
            }
            TokenKind::Word => self.worded(&text),
            _ => None,
        }
    }

    fn worded(&mut self, word: &str) -> Option<Node> {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "true" | "false" => Some(Node::Literal(lower)),
            "array" if self.takes_mark("[") => self.items("]").map(Node::List),
            "cast" if self.takes_mark("(") => {
                let node = self.any_of()?;
                if !self.takes_word("AS") {
                    return None;
                }
                let to = self.type_name()?;
                let node = Node::Cast(Box::new(node), to);
                self.takes_mark(")").then_some(node)
            }
            "trim" if self.takes_mark("(") => {
                self.takes_word("BOTH");
                self.takes_word("FROM");
                self.items(")").map(|items| Node::Call(lower, items))
            }
            _ if self.phrase.is_mark(self.next, "(") => {
                let arguments = self.list()?;
                Some(Node::Call(lower, arguments))
            }
            "null" | "current_date" | "current_timestamp" | "localtimestamp" | "current_time" => {
                Some(Node::Unknown)
            }
            "case" | "exists" | "select" | "interval" => None,
            _ => self.named(word.to_owned()),
        }
    }

    /// Reads a column's name, and leaves out the table's before it.
    fn named(&mut self, mut name: String) -> Option<Node> {
        while self.takes_mark(".") {
            let text = self.text();
            name = match self.kind()? {
                TokenKind::Word => text.to_owned(),
                TokenKind::QuotedIdentifier => text.get(1..text.len().checked_sub(1)?)?.to_owned(),
                _ => return None,
            };
            self.next += 1;
        }
        if self.phrase.is_mark(self.next, "(") {
            let arguments = self.list()?;
            return Some(Node::Call(name.to_ascii_lowercase(), arguments));
        }
        if self.takes_mark("[") {
            self.items("]")?;
            return Some(Node::Unknown);
        }
        Some(Node::Column(name))
    }
}

/// Returns the text of a plain literal; one with a prefix, or of several, is not read.
fn literal(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let unquoted = inner.replace("''", "");
    (!unquoted.contains(['\'', '\n'])).then(|| inner.replace("''", "'"))
}
