# The project's short commands. A colon in a target's name needs a backslash here, not when typed:
# `make db:migrate ARGS="--dry-run"`. Arguments after ARGS= go to the command as they are.

DIESELKIT ?= cargo run --quiet --bin dieselkit --
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo build check test bench
.PHONY: db\:migrate db\:migrate\:status db\:rollback db\:reset db\:create-migration db\:seed db\:backup

help: ## shows this list
	@sed -n 's/^\([a-z:\\-]*\): *## \(.*\)/\1|\2/p' Makefile | tr -d '\\' | awk -F'|' '{ printf "make %-20s %s\n", $$1, $$2 }'

demo: ## builds the program and shows its main job on SQLite
	@scripts/demo.sh

build: ## builds library and program
	cargo build

check: ## format, lints, documentation
	scripts/check.sh

test: ## the whole suite, on SQLite and PostgreSQL (ARGS="NAME" runs a part)
	scripts/test.sh $(ARGS)

bench: ## measures migrations against the peers that are installed
	scripts/bench.sh migrations $(ARGS)

db\:migrate: ## applies what is pending (ARGS="--backup" backs up first)
	$(DIESELKIT) up $(ARGS)

db\:migrate\:status: ## shows the state of every migration
	$(DIESELKIT) status $(ARGS)

db\:rollback: ## rolls back the last migration, or more (ARGS="--to VERSION --yes")
	$(DIESELKIT) rollback $(ARGS)

db\:reset: ## drops everything, applies all, seeds (ARGS="--yes")
	$(DIESELKIT) reset $(ARGS)

db\:create-migration: ## makes a new migration (ARGS="add_phone_to_users")
	$(DIESELKIT) new $(ARGS)

db\:seed: ## fills the database with the environment's seeds
	$(DIESELKIT) seed $(ARGS)

db\:backup: ## takes a backup, and removes what the policy does not keep
	$(DIESELKIT) backup create $(ARGS)
