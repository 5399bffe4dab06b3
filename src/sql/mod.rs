//! SQL as text
