package migrations

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Class says what a migration does to the code that still runs while it does it.
type Class string

const (
	// Expand only adds: the release before goes on working with the new schema.
	Expand Class = "expand"
	// Contract takes away what no running release uses any more.
	Contract Class = "contract"
)

// ErrMixed refuses a release that both expands and contracts: its contraction would
// break the release before, to which a rollback has to be able to go back.
var ErrMixed = errors.New("a release may expand or contract the schema, not both")

// Migration is one file.
type Migration struct {
	Version int64  `json:"version"` // from the file's name: 00001_people.sql is 1
	Name    string `json:"name"`
	Class   Class  `json:"class"`
}

// List reads the migrations at the top of files, ordered by version. The first line of
// each must be "-- class: expand" or "-- class: contract".
func List(files fs.FS) ([]Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var all []Migration
	for _, name := range names {
		migration, err := read(files, name)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		all = append(all, migration)
	}
	slices.SortFunc(all, func(a, b Migration) int { return int(a.Version - b.Version) })
	for i := 1; i < len(all); i++ {
		if all[i].Version == all[i-1].Version {
			return nil, fmt.Errorf("migrations %s and %s have the same version", all[i-1].Name, all[i].Name)
		}
	}
	return all, nil
}

func read(files fs.FS, name string) (Migration, error) {
	number, _, found := strings.Cut(path.Base(name), "_")
	version, err := strconv.ParseInt(number, 10, 32)
	if !found || err != nil || version < 1 {
		return Migration{}, errors.New("its name does not begin with a version and an underscore")
	}
	file, err := files.Open(name)
	if err != nil {
		return Migration{}, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Scan()
	if err := lines.Err(); err != nil {
		return Migration{}, err
	}
	class := Class(strings.TrimPrefix(lines.Text(), "-- class: "))
	if class != Expand && class != Contract {
		return Migration{}, fmt.Errorf("its first line is %q, not a class such as %q", lines.Text(), "-- class: expand")
	}
	return Migration{Version: version, Name: name, Class: class}, nil
}

// Pending are the migrations of all that a schema of the given version has not seen;
// version 0 is an empty database.
func Pending(all []Migration, version int64) []Migration {
	var pending []Migration
	for _, migration := range all {
		if migration.Version > version {
			pending = append(pending, migration)
		}
	}
	return pending
}

// CheckRelease gives ErrMixed where pending has migrations of both classes.
func CheckRelease(pending []Migration) error {
	first := map[Class]string{}
	for _, migration := range pending {
		if _, seen := first[migration.Class]; !seen {
			first[migration.Class] = migration.Name
		}
	}
	if first[Expand] != "" && first[Contract] != "" {
		return fmt.Errorf("%s expands and %s contracts, so bring the schema to a target between them first: %w",
			first[Expand], first[Contract], ErrMixed)
	}
	return nil
}
