package release

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ReadMigrations reads the class and the version of migrations from their texts,
// by file name: the first line of each is "-- class: expand" or
// "-- class: contract", and a name is a number and an underscore, such as
// 00001_people.sql. They are ordered by version.
func ReadMigrations(texts map[string][]byte) ([]Migration, error) {
	all := make([]Migration, 0, len(texts))
	for name, text := range texts {
		migration, err := readMigration(name, text)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		all = append(all, migration)
	}
	slices.SortFunc(all, func(a, b Migration) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Name, b.Name))
	})
	for i := 1; i < len(all); i++ {
		if all[i].Version == all[i-1].Version {
			return nil, fmt.Errorf("migrations %s and %s have the same version", all[i-1].Name, all[i].Name)
		}
	}
	return all, nil
}

func readMigration(name string, text []byte) (Migration, error) {
	number, _, found := strings.Cut(path.Base(name), "_")
	version, err := strconv.ParseInt(number, 10, 32)
	if !found || err != nil || version < 1 {
		return Migration{}, errors.New("its name does not begin with a version and an underscore")
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.TrimSuffix(line, "\r")
	class := Class(strings.TrimPrefix(line, "-- class: "))
	if class != Expand && class != Contract {
		return Migration{}, fmt.Errorf("its first line is %.60q, not a class such as %q", line, "-- class: expand")
	}
	return Migration{Version: version, Name: name, Class: class, SHA256: Sum(text), Size: int64(len(text))}, nil
}

// Pending gives the migrations that a schema of that version has not seen, up
// to the release's own.
func (m Manifest) Pending(schema int64) []Migration {
	return above(m.Migrations, schema)
}

func above(all []Migration, schema int64) []Migration {
	var some []Migration
	for _, migration := range all {
		if migration.Version > schema {
			some = append(some, migration)
		}
	}
	return some
}

// MixedError refuses a release that both expands and contracts the schema: its
// contraction would break the release before, to which a rollback has to be
// able to go back.
type MixedError struct{ Expands, Contracts Migration }

// Error says which migrations do not go together.
func (e *MixedError) Error() string {
	return fmt.Sprintf("%s expands the schema and %s contracts it, which takes two releases", e.Expands.Name, e.Contracts.Name)
}

// CanReach gives a *MixedError where the release would both expand and contract
// a database whose schema is at that version. An empty one, 0, has no release
// before that could break.
func (m Manifest) CanReach(schema int64) error {
	if schema == 0 {
		return nil
	}
	first := map[Class]*Migration{}
	for _, migration := range m.Pending(schema) {
		if first[migration.Class] == nil {
			first[migration.Class] = &migration
		}
	}
	if first[Expand] != nil && first[Contract] != nil {
		return &MixedError{Expands: *first[Expand], Contracts: *first[Contract]}
	}
	return nil
}

// SchemaError says why a release cannot work with a database's schema.
type SchemaError struct {
	Schema, Target int64
	Contracts      []Migration // above the target, which took away what it uses
	Unknown        []int64     // versions above the target of which nobody says what they do
}

// Error gives the reason in one line.
func (e *SchemaError) Error() string {
	text := fmt.Sprintf("the database's schema is at version %d and the release's is %d", e.Schema, e.Target)
	for _, migration := range e.Contracts {
		text += fmt.Sprintf("; %s took away what it may use", migration.Name)
	}
	for _, version := range e.Unknown {
		text += fmt.Sprintf("; what migration %d did is not known", version)
	}
	return text
}

// Accepts gives a *SchemaError where the release does not work with a database
// at that schema version: every migration above the release's own schema must
// only have expanded it. applied are the migrations that brought it there, as a
// rule those of the release that is deployed; one that is in neither list need
// not exist, but the last one does.
func (m Manifest) Accepts(schema int64, applied []Migration) error {
	refusal := &SchemaError{Schema: schema, Target: m.Schema()}
	known := schema <= refusal.Target
	for _, migration := range above(applied, refusal.Target) {
		if migration.Version > schema {
			continue
		}
		known = known || migration.Version == schema
		if migration.Class != Expand {
			refusal.Contracts = append(refusal.Contracts, migration)
		}
	}
	if !known {
		refusal.Unknown = append(refusal.Unknown, schema)
	}
	if len(refusal.Contracts) > 0 || len(refusal.Unknown) > 0 {
		return refusal
	}
	return nil
}
