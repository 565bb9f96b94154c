package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// keepLog makes a server keep what a copy of it needs that is made meanwhile.
const keepLog = "wal_keep_size=256MB"

// Copyable are the settings of a server that Copy is used on.
func Copyable() []string { return []string{keepLog} }

// emptied are the folders of a data directory whose contents belong to the running
// server alone, as PostgreSQL's manual lists them for a low-level base backup.
var emptied = map[string]bool{
	"pg_wal": true, "pg_replslot": true, "pg_dynshmem": true, "pg_notify": true,
	"pg_serial": true, "pg_snapshots": true, "pg_stat_tmp": true, "pg_subtrans": true,
}

// startSegment is the line of a backup's label that names where replaying begins.
var startSegment = regexp.MustCompile(`(?m)^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)$`)

// Copy copies the whole server, every database and role, as it is at one moment
// while writes go on, into a new data directory for Options.From: PostgreSQL's
// low-level base backup. On an error, what was copied is removed.
func (s *Server) Copy(ctx context.Context, data string) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("copying PostgreSQL: %w", err), os.RemoveAll(data))
		}
	}()
	connection, err := pgx.Connect(ctx, s.Address("postgres", s.superuser))
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }() // ends the backup, if need be
	if _, err := connection.Exec(ctx, "SELECT pg_backup_start('copy', fast => true)"); err != nil {
		return err
	}
	source := filepath.Join(s.Directory, "data")
	err = copyTree(ctx, source, data, func(name string) bool {
		folder, _, inside := strings.Cut(name, string(filepath.Separator))
		return inside && emptied[folder] && name != filepath.Join("pg_wal", "archive_status") ||
			name == "postmaster.pid" || name == "postmaster.opts" || strings.HasPrefix(filepath.Base(name), "pgsql_tmp")
	})
	if err != nil {
		return err
	}
	var label string
	if err := connection.QueryRow(ctx, "SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)").Scan(&label); err != nil {
		return err
	}
	file := filepath.Join(data, "backup_label")
	if err := errors.Join(os.WriteFile(file, []byte(label), 0o600), own(file)); err != nil {
		return err
	}
	return copyLog(ctx, source, data, label)
}

// copyLog adds the log from the label's first segment on.
func copyLog(ctx context.Context, source, data, label string) error {
	first := startSegment.FindStringSubmatch(label)
	if first == nil {
		return errors.New("the backup's label names no segment of the log")
	}
	err := copyTree(ctx, filepath.Join(source, "pg_wal"), filepath.Join(data, "pg_wal"), func(name string) bool {
		return name != "archive_status" && (len(name) != len(first[1]) || name < first[1])
	})
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(data, "pg_wal", first[1])); err != nil {
		return fmt.Errorf("so much was written meanwhile that the log is gone: %w", err)
	}
	return nil
}

// CopyData copies a data directory that no server uses.
func CopyData(ctx context.Context, from, to string) error {
	if err := copyTree(ctx, from, to, nil); err != nil {
		return errors.Join(err, os.RemoveAll(to))
	}
	return nil
}

// copyTree copies a folder without what skip names, by its path from there. Files
// may vanish meanwhile.
func copyTree(ctx context.Context, from, to string, skip func(name string) bool) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != from {
			return nil
		}
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if name != "." && skip != nil && skip(name) {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		target := filepath.Join(to, name)
		switch {
		case entry.IsDir():
			if err := os.MkdirAll(target, 0o700); err != nil {
				return err
			}
			return own(target)
		case entry.Type().IsRegular():
			return copyFile(path, target)
		default:
			return fmt.Errorf("%s is neither file nor folder", path) // a tablespace
		}
	})
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close(), own(to))
}
