package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// gathered is the content of a release before it is stored.
type gathered struct {
	manifest release.Manifest
	read     map[string]func(context.Context) ([]byte, error) // by digest
	ignored  []string                                         // files of the root that were left out
}

// gather takes all that a release of the working tree consists of.
func (e *Engine) gather(ctx context.Context, version string, source release.Source, code Code) (*gathered, error) {
	g := &gathered{
		manifest: release.Manifest{Version: version, Source: source},
		read:     map[string]func(context.Context) ([]byte, error){},
	}
	g.manifest.Architecture = code.Architecture
	for _, a := range code.Artifacts {
		g.manifest.Functions = append(g.manifest.Functions, release.Function{Name: a.Function, SHA256: a.SHA256, Size: a.Size})
		g.read[a.SHA256] = func(ctx context.Context) ([]byte, error) { return e.Functions.Read(ctx, a) }
	}
	slices.SortFunc(g.manifest.Functions, func(a, b release.Function) int { return strings.Compare(a.Name, b.Name) })
	if err := e.takeRoot(ctx, g); err != nil {
		return nil, err
	}
	for _, take := range []func(*gathered) error{e.takeSite, e.takeMigrations} {
		if err := take(g); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// file reads a file of the project, to be stored later.
func (e *Engine) file(g *gathered, name string) ([]byte, release.File, error) {
	body, err := fs.ReadFile(e.Project, name)
	if err != nil {
		return nil, release.File{}, fmt.Errorf("read %s for the release: %w", name, err)
	}
	file := release.File{Path: name, SHA256: release.Sum(body), Size: int64(len(body))}
	g.read[file.SHA256] = func(context.Context) ([]byte, error) {
		// Read again rather than kept: a site may be large.
		body, err := fs.ReadFile(e.Project, name)
		if err != nil {
			return nil, fmt.Errorf("read %s for the release: %w", name, err)
		}
		if release.Sum(body) != file.SHA256 {
			return nil, &problem.Error{Code: problem.SourceChanged, What: "the file was changed meanwhile", Where: problem.Location{File: name}}
		}
		return body, nil
	}
	return body, file, nil
}

// takeRoot takes environments/ and the local modules, but nothing that git ignores:
// that is where people keep values that nobody else may see.
func (e *Engine) takeRoot(ctx context.Context, g *gathered) error {
	dirs := append([]string{environment.Dir}, e.Environment.Root.ModuleDirs()...)
	ignored, err := e.ignored(ctx, dirs)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, dir := range dirs {
		err := fs.WalkDir(e.Project, dir, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && strings.HasPrefix(entry.Name(), ".terraform"):
				return fs.SkipDir
			case entry.IsDir() || leftByTerraform(name):
			case ignored[name]:
				g.ignored = append(g.ignored, name)
			default:
				names[name] = true
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("list the files of %s for the release: %w", dir, err)
		}
	}
	slices.Sort(g.ignored)
	g.ignored = slices.Compact(g.ignored) // a module may lie in environments/
	for _, name := range sortedKeys(names) {
		_, file, err := e.file(g, name)
		if err != nil {
			return err
		}
		g.manifest.Root = append(g.manifest.Root, file)
	}
	return nil
}

// ignored gives the files below folders of the project that git ignores. The lock file
// is needed whether or not somebody commits it.
func (e *Engine) ignored(ctx context.Context, dirs []string) (map[string]bool, error) {
	if e.Repository == nil {
		return nil, nil //nolint:nilnil // nothing is ignored
	}
	names, err := e.Repository.Ignored(ctx, dirs)
	if err != nil {
		return nil, err
	}
	ignored := map[string]bool{}
	for _, name := range names {
		ignored[name] = name != path.Join(environment.Dir, lockFile)
	}
	return ignored, nil
}

// leftByTerraform tells what Terraform leaves in its folders from what belongs
// to them; of a module's own lock file nobody takes notice.
func leftByTerraform(name string) bool {
	base := path.Base(name)
	if name == path.Join(environment.Dir, lockFile) {
		return false
	}
	return strings.HasPrefix(base, ".terraform") || strings.Contains(base, ".tfstate") || strings.HasSuffix(base, ".tfplan") ||
		strings.HasPrefix(base, "crash.") && strings.HasSuffix(base, ".log")
}

// takeSite takes the built site.
func (e *Engine) takeSite(g *gathered) error {
	settings := e.Environment.Settings.Frontend
	if settings.Source == "" {
		return nil
	}
	err := fs.WalkDir(e.Project, settings.Source, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		_, file, err := e.file(g, name)
		if err != nil {
			return err
		}
		file.Path = strings.TrimPrefix(name, settings.Source+"/")
		immutable := slices.ContainsFunc(settings.Immutable, func(prefix string) bool { return strings.HasPrefix(file.Path, prefix) })
		g.manifest.Site = append(g.manifest.Site, release.SiteFile{File: file, ContentType: release.ContentType(name), Immutable: immutable})
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list the site's files: %w", err)
	}
	if err != nil || len(g.manifest.Site) == 0 {
		return &problem.Error{Code: problem.NoSite, Where: e.settingsFile(),
			What: fmt.Sprintf("%s has its site in %s, where there are no files", e.name(), settings.Source)}
	}
	// By path and not by folder: WalkDir has a/b before a.b.
	slices.SortFunc(g.manifest.Site, func(a, b release.SiteFile) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// takeMigrations takes the classes of the database's migrations, and their texts
// for those who want to know what a release does to the schema.
func (e *Engine) takeMigrations(g *gathered) error {
	folder := e.Environment.Settings.Migrations.Source
	if folder == "" {
		return nil
	}
	names, err := fs.Glob(e.Project, folder+"/*.sql")
	if err != nil {
		return fmt.Errorf("list the migrations: %w", err)
	}
	texts := map[string][]byte{}
	for _, name := range names {
		body, _, err := e.file(g, name)
		if err != nil {
			return err
		}
		texts[path.Base(name)] = body
	}
	if len(names) == 0 {
		return &problem.Error{Code: problem.BadMigrations, Where: e.settingsFile(),
			What: fmt.Sprintf("%s has its migrations in %s, where there are no *.sql files", e.name(), folder),
			Next: "correct migrations.source, or remove the block migrations"}
	}
	if g.manifest.Migrations, err = release.ReadMigrations(texts); err != nil {
		return &problem.Error{Code: problem.BadMigrations, What: "the migrations of " + e.name(), Where: problem.Location{File: folder}, Err: err}
	}
	return nil
}
