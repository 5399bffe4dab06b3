//! Reads an expression of SQL as far as CHECKs need it, in any dialect.
//!
//! Pure. What it does not know becomes [`Node::Unknown`] where its extent is sure; else nothing at
//! all is read. `PostgreSQL` writes every CHECK anew, with all its parentheses and casts
//! (`ruleutils.c`); `SQLite` keeps it as it was typed.

use super::Comparison;
use super::node::Node;
use crate::sql::{Dialect, Phrase, TokenKind};

/// Reads an expression; `None` where it cannot be told where its parts end.
pub(super) fn parse(text: &str, dialect: &dyn Dialect) -> Option<Node> {
    let mut tokens = dialect.lex(text);
    tokens.retain(crate::sql::Token::is_significant);
    let mut reader = Reader {
        phrase: Phrase::new(text, &tokens),
        next: 0,
    };
    let node = reader.any_of()?;
    (reader.next == tokens.len()).then_some(node)
}

pub(super) struct Reader<'a> {
    pub(super) phrase: Phrase<'a>,
    pub(super) next: usize,
}

impl Reader<'_> {
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let takes = self.phrase.is_word(self.next, word);
        self.next += usize::from(takes);
        takes
    }

    pub(super) fn takes_mark(&mut self, mark: &str) -> bool {
        let takes = self.phrase.is_mark(self.next, mark);
        self.next += usize::from(takes);
        takes
    }

    pub(super) fn takes_operator(&mut self, operator: &str) -> bool {
        let takes = self.kind() == Some(TokenKind::Operator) && self.text() == operator;
        self.next += usize::from(takes);
        takes
    }

    pub(super) fn kind(&self) -> Option<TokenKind> {
        self.phrase.kind_at(self.next)
    }

    pub(super) fn text(&self) -> &str {
        self.phrase.text_at(self.next)
    }

    pub(super) fn any_of(&mut self) -> Option<Node> {
        let mut parts = vec![self.all_of()?];
        while self.takes_word("OR") {
            parts.push(self.all_of()?);
        }
        Some(joined(parts, Node::Or))
    }

    fn all_of(&mut self) -> Option<Node> {
        let mut parts = vec![self.negation()?];
        while self.takes_word("AND") {
            parts.push(self.negation()?);
        }
        Some(joined(parts, Node::And))
    }

    fn negation(&mut self) -> Option<Node> {
        if self.takes_word("NOT") {
            return Some(Node::Not(Box::new(self.negation()?)));
        }
        self.condition()
    }

    fn condition(&mut self) -> Option<Node> {
        let mut left = self.sum()?;
        while let Some(node) = self.rest_of_condition(&left)? {
            left = node;
        }
        Some(left)
    }

    /// Reads what may follow an operand: an operator or a word, and what belongs to it.
    #[expect(
        clippy::option_option,
        reason = "the outer one says that nothing can be read, the inner one that nothing follows"
    )]
    fn rest_of_condition(&mut self, left: &Node) -> Option<Option<Node>> {
        if let Some(comparison) = self.comparison() {
            self.next += 1;
            return self.compared(left, comparison).map(Some);
        }
        if self.takes_word("IS") {
            let negated = self.takes_word("NOT");
            let is_null = if self.takes_word("NULL") {
                Node::IsNull(Box::new(left.clone()))
            } else if self.takes_word("TRUE") || self.takes_word("FALSE") {
                Node::Unknown
            } else {
                return None;
            };
            return Some(Some(if negated { not(is_null) } else { is_null }));
        }
        if self.takes_word("ISNULL") {
            return Some(Some(Node::IsNull(Box::new(left.clone()))));
        }
        if self.takes_word("NOTNULL") {
            let is_null = Node::IsNull(Box::new(left.clone()));
            return Some(Some(not(is_null)));
        }
        let negated = self.takes_word("NOT");
        if self.takes_word("IN") {
            let within = Node::In(Box::new(left.clone()), self.list()?);
            return Some(Some(if negated { not(within) } else { within }));
        }
        if self.takes_word("BETWEEN") {
            return self.between(left, negated).map(Some);
        }
        if ["LIKE", "ILIKE", "GLOB", "REGEXP", "MATCH"]
            .iter()
            .any(|word| self.takes_word(word))
        {
            self.sum()?;
            if self.takes_word("ESCAPE") {
                self.sum()?;
            }
            return Some(Some(Node::Unknown));
        }
        if negated { None } else { Some(None) }
    }

    pub(super) fn comparison(&self) -> Option<Comparison> {
        if self.kind() != Some(TokenKind::Operator) {
            return None;
        }
        Some(match self.text() {
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            "=" | "==" => Comparison::Equal,
            "<>" | "!=" => Comparison::Other,
            ">=" => Comparison::AtLeast,
            ">" => Comparison::More,
            _ => return None,
        })
    }

    /// Reads what a value is compared with: `= ANY (…)` and `<> ALL (…)` are lists.
    fn compared(&mut self, left: &Node, comparison: Comparison) -> Option<Node> {
        let listed = match comparison {
            Comparison::Equal => self.takes_word("ANY"),
            Comparison::Other => self.takes_word("ALL"),
            _ => false,
        };
        if !listed {
            let right = self.sum()?;
            return Some(Node::Compare(
                Box::new(left.clone()),
                comparison,
                Box::new(right),
            ));
        }
        if !self.takes_mark("(") {
            return None;
        }
        let list = self.any_of()?;
        if !self.takes_mark(")") {
            return None;
        }
        let list = list.values()?;
        let within = Node::In(Box::new(left.clone()), list);
        Some(match comparison {
            Comparison::Other => not(within),
            _ => within,
        })
    }

    fn between(&mut self, left: &Node, negated: bool) -> Option<Node> {
        let low = self.sum()?;
        if !self.takes_word("AND") {
            return None;
        }
        let high = self.sum()?;
        if negated {
            return Some(Node::Unknown);
        }
        let limit =
            |comparison, value| Node::Compare(Box::new(left.clone()), comparison, Box::new(value));
        Some(Node::And(vec![
            limit(Comparison::AtLeast, low),
            limit(Comparison::AtMost, high),
        ]))
    }

    pub(super) fn list(&mut self) -> Option<Vec<Node>> {
        if !self.takes_mark("(") {
            return None;
        }
        self.items(")")
    }

    pub(super) fn items(&mut self, end: &str) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        if self.takes_mark(end) {
            return Some(items);
        }
        loop {
            items.push(self.any_of()?);
            if self.takes_mark(end) {
                return Some(items);
            }
            if !self.takes_mark(",") {
                return None;
            }
        }
    }
}

fn joined(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => Node::Unknown,
    }
}

fn not(node: Node) -> Node {
    Node::Not(Box::new(node))
}
