//! Every `--help` and `-h`, as a user sees it. New commands are found by reading the help
//! of the command above them.
#![cfg(feature = "cli")]

use assert_cmd::Command;

/// Returns what `dieselkit COMMAND… FLAG` prints, which must be an answer.
fn help(command: &[String], flag: &str) -> String {
    let mut dieselkit = Command::cargo_bin("dieselkit").expect("the program is built");
    let output = dieselkit
        .args(command)
        .arg(flag)
        .env("COLUMNS", "100")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{command:?} {flag}");
    assert!(output.stderr.is_empty(), "{command:?} {flag}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Returns the commands that the help of `command` lists.
fn subcommands(command: &[String]) -> Vec<Vec<String>> {
    let help = help(command, "-h");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(|name| command.iter().cloned().chain([name.to_owned()]).collect())
        .collect()
}

/// Returns `command` and every command below it.
fn tree(command: Vec<String>) -> Vec<Vec<String>> {
    let below = subcommands(&command)
        .into_iter()
        .flat_map(tree)
        .collect::<Vec<_>>();
    std::iter::once(command).chain(below).collect()
}

#[test]
fn every_help_is_as_it_was() {
    let commands = tree(Vec::new());
    assert!(
        commands.len() > 15,
        "the commands were not found: {commands:?}"
    );
    for command in commands {
        let name = ["help"]
            .into_iter()
            .chain(command.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("_");
        insta::assert_snapshot!(name.clone(), help(&command, "--help"));
        insta::assert_snapshot!(format!("{name}_short"), help(&command, "-h"));
    }
}

#[test]
fn help_of_a_command_is_what_the_command_says_of_itself() {
    for command in tree(Vec::new()) {
        let words: Vec<String> = std::iter::once("help".to_owned())
            .chain(command.iter().cloned())
            .collect();
        let mut dieselkit = Command::cargo_bin("dieselkit").expect("the program is built");
        let output = dieselkit.args(&words).env("COLUMNS", "100").output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{words:?}");
        let shown = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(shown, help(&command, "--help"), "{words:?}");
    }
}
