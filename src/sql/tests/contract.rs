//! The tests that every dialect must pass.
//!
//! Knows no dialect: each calls [`contract!`] with its own tokens and statements.

/// Makes the tests that every dialect must pass. `tokens` are significant
/// tokens, all different, none a `;`; `statements` are whole ones, without
/// the last `;`.
macro_rules! contract {
    ($dialect:expr, tokens: $tokens:expr, statements: $statements:expr $(,)?) => {
        mod contract {
            use proptest::prelude::*;
            use $crate::sql::destruction::deeds;
            use $crate::sql::tests::*;
            use $crate::sql::{Script, checksum};

            use super::*;

            fn tokens() -> impl Strategy<Value = Vec<&'static str>> {
                prop::collection::vec(prop::sample::select($tokens), 2..12)
            }

            fn another() -> impl Strategy<Value = &'static str> {
                prop::sample::select($tokens)
            }

            proptest! {
                #[test]
                fn spans_and_gaps_give_any_text_back(text in any_text()) {
                    assert_gives_text_back(&text, $dialect);
                }

                #[test]
                fn layout_does_not_move_the_checksum(
                    tokens in tokens(),
                    gaps in prop::collection::vec(gap(), 13),
                ) {
                    let mut text = String::from("\u{feff}");
                    for (token, gap) in tokens.iter().zip(&gaps) {
                        text.push_str(gap);
                        text.push_str(token);
                    }
                    text.push_str(&gaps[12]);
                    prop_assert_eq!(checksum(&text, $dialect), plain(&tokens, $dialect));
                }

                #[test]
                fn another_token_moves_the_checksum(
                    tokens in tokens(),
                    at in any::<prop::sample::Index>(),
                    token in another(),
                ) {
                    let mut changed = tokens.clone();
                    changed[at.index(tokens.len())] = token;
                    prop_assume!(changed != tokens);
                    prop_assert_ne!(plain(&changed, $dialect), plain(&tokens, $dialect));
                }

                #[test]
                fn one_token_more_or_less_moves_the_checksum(
                    tokens in tokens(),
                    at in any::<prop::sample::Index>(),
                    token in another(),
                ) {
                    let (mut more, mut less) = (tokens.clone(), tokens.clone());
                    more.insert(at.index(tokens.len() + 1), token);
                    less.remove(at.index(tokens.len()));
                    prop_assert_ne!(plain(&more, $dialect), plain(&tokens, $dialect));
                    prop_assert_ne!(plain(&less, $dialect), plain(&tokens, $dialect));
                }

                #[test]
                fn tokens_that_change_places_move_the_checksum(
                    tokens in tokens(),
                    at in any::<prop::sample::Index>(),
                ) {
                    let mut swapped = tokens.clone();
                    let left = at.index(tokens.len() - 1);
                    swapped.swap(left, left + 1);
                    prop_assume!(swapped != tokens);
                    prop_assert_ne!(plain(&swapped, $dialect), plain(&tokens, $dialect));
                }

                #[test]
                fn a_separator_between_tokens_moves_the_checksum(
                    tokens in tokens(),
                    at in any::<prop::sample::Index>(),
                ) {
                    let mut separated = tokens.clone();
                    separated.insert(1 + at.index(tokens.len() - 1), ";");
                    prop_assert_ne!(plain(&separated, $dialect), plain(&tokens, $dialect));
                }

                #[test]
                fn joined_statements_are_found_again(
                    statements in prop::collection::vec(prop::sample::select($statements), 0..6),
                    gaps in prop::collection::vec(gap(), 6),
                ) {
                    assert_finds_statements(&statements, &gaps, $dialect);
                }
            }

            #[test]
            fn empty_statements_and_a_last_separator_do_not_move_the_checksum() {
                let expected = checksum("SELECT 1; SELECT 2", $dialect);
                for text in [
                    "SELECT 1; SELECT 2;",
                    ";SELECT 1;;SELECT 2",
                    "SELECT 1; ; SELECT 2;;\n",
                ] {
                    assert_eq!(checksum(text, $dialect), expected, "{text}");
                }
                assert_eq!(checksum("", $dialect), checksum(" ; -- nothing", $dialect));
            }

            #[test]
            fn line_ends_inside_literals_move_the_checksum() {
                assert_ne!(
                    checksum("SELECT 'a\r\nb'", $dialect),
                    checksum("SELECT 'a\nb'", $dialect)
                );
                assert_eq!(
                    checksum("SELECT\r\n'a'", $dialect),
                    checksum("SELECT\n'a'", $dialect)
                );
            }

            #[test]
            fn an_operator_in_two_parts_is_another_one() {
                assert_ne!(checksum("a < = b", $dialect), checksum("a <= b", $dialect));
                assert_eq!(checksum("a=-1", $dialect), checksum("a = - 1", $dialect));
            }

            #[test]
            fn keywords_fold_and_quoted_names_and_literals_do_not() {
                let same = |left, right| checksum(left, $dialect) == checksum(right, $dialect);
                assert!(same("Select a FROM b", "SELECT a from b"));
                assert!(!same("SELECT \"a\"", "SELECT \"A\""));
                assert!(!same("SELECT \"a\"", "SELECT a"));
                assert!(!same("SELECT 'a'", "SELECT 'A'"));
            }

            #[test]
            fn positions_count_from_the_first_line_and_a_bom_takes_no_column() {
                let text = "\u{feff}SELECT 1;\n -- é\n  SELECT 'é', 2";
                let script = parsed(text, 40, $dialect);
                assert_eq!(script.statement_text(0), "SELECT 1;");
                assert_eq!(script.statement_position(0).to_string(), "40:1");
                assert_eq!(script.statement_position(1).to_string(), "42:3");
                let comma = script.offset_in_statement(1, 10);
                assert_eq!(&script.text()[comma..], ", 2");
                assert_eq!(script.position(comma).to_string(), "42:13");
                assert_eq!(script.offset_in_statement(1, 999), script.text().len());
            }

            #[test]
            fn executable_text_keeps_character_positions() {
                let script = parsed("\u{feff}SELECT 'é' x", 1, $dialect);
                assert_eq!(script.executable_text(), " SELECT 'é' x");
                let index = script
                    .executable_text()
                    .chars()
                    .position(|c| c == 'x')
                    .expect("it is there");
                assert_eq!(&script.text()[script.offset_of_char(index)..], "x");
                let borrowed = parsed("SELECT 1", 1, $dialect);
                assert!(matches!(
                    borrowed.executable_text(),
                    std::borrow::Cow::Borrowed(_)
                ));
            }

            #[test]
            fn comments_and_empty_statements_are_no_statements() {
                let script = parsed("-- TODO\n;; /* ; */ ;", 1, $dialect);
                assert!(script.is_empty());
                assert_eq!(script.prefix_checksum(3), checksum("", $dialect));
            }

            #[test]
            fn a_prefix_has_the_checksum_of_a_file_that_ends_there() {
                let script = parsed("SELECT 1;\n-- then\nSELECT 2; SELECT 3", 1, $dialect);
                for (count, text) in [(0, ""), (1, "SELECT 1"), (2, "select 1; select 2;")] {
                    assert_eq!(script.prefix_checksum(count), checksum(text, $dialect));
                }
            }

            #[test]
            fn a_nul_byte_is_refused_with_its_place() {
                let error = Script::parse("SELECT 1;\nSELECT '\0'", 1, $dialect)
                    .expect_err("it has a NUL byte");
                assert_eq!(error.to_string(), "NUL byte at 2:9");
                let hint = error.hint().expect("there is advice");
                assert!(hint.contains("UTF-16"), "{hint}");
            }

            #[test]
            fn unterminated_literals_are_refused_where_they_start() {
                let error = Script::parse("SELECT 1;\n  SELECT 'a;\n", 1, $dialect)
                    .expect_err("it has a NUL byte");
                assert_eq!(error.to_string(), "unterminated string literal at 2:10");
                let error =
                    Script::parse("SELECT \"a;", 7, $dialect).expect_err("it has a NUL byte");
                assert_eq!(error.to_string(), "unterminated quoted identifier at 7:8");
                assert_eq!(error.position().line, 7);
            }

            #[test]
            fn summaries_show_keywords_and_a_name_and_never_a_literal() {
                let cases = [
                    (
                        "create /* c */ unique index if not exists a on b (c)",
                        "CREATE UNIQUE INDEX IF NOT EXISTS a",
                    ),
                    (
                        "INSERT INTO main.\"Users\" VALUES ('secret')",
                        "INSERT INTO main.\"Users\"",
                    ),
                    ("update users set password = 'secret'", "UPDATE users"),
                    ("DELETE FROM a.b.c WHERE x = 'secret'", "DELETE FROM a.b.c"),
                    ("SELECT 'secret'", "SELECT"),
                    ("SELECT \"secret\"", "SELECT"),
                    ("PRAGMA key = 'secret'", "PRAGMA"),
                    ("(SELECT 'secret')", "statement"),
                ];
                for (sql, expected) in cases {
                    let script = parsed(sql, 1, $dialect);
                    assert_eq!(script.summary(0), expected);
                }
            }

            #[test]
            fn what_becomes_of_tables_is_read_by_words() {
                for (sql, expected) in CHANGES {
                    let script = parsed(sql, 1, $dialect);
                    let changes = script.changes(0);
                    assert_eq!(shown_changes(&changes), *expected, "{sql}");
                }
            }

            #[test]
            fn a_body_that_adds_takes_nothing_away() {
                for (body, taking, adds_to) in BODIES {
                    let found = deeds(body, $dialect);
                    let added: Vec<_> = found.adds_to.iter().map(ToString::to_string).collect();
                    assert_eq!(found.taking, *taking, "{body}");
                    assert_eq!(added, *adds_to, "{body}");
                }
            }

            #[test]
            fn what_destroys_is_told_from_what_does_not() {
                for sql in DESTROYING {
                    assert!(parsed(sql, 1, $dialect).destroys(), "{sql}");
                    let script = parsed(&format!("SELECT 1;\n{sql};\nSELECT 2"), 1, $dialect);
                    assert!(script.destroys(), "{sql}");
                }
                for sql in HARMLESS {
                    assert!(!parsed(sql, 1, $dialect).destroys(), "{sql}");
                }
            }
        }
    };
}
pub(crate) use contract;
