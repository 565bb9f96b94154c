package view

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// ReleaseBuild writes how a release was built.
func ReleaseBuild(w io.Writer, b *engine.ReleaseBuild, palette Palette) {
	done := fmt.Sprintf("stored %d new files (%s) in %.1f s", b.Uploaded, size(b.Bytes), b.Seconds)
	switch {
	case b.Existed && b.Uploaded > 0:
		done = fmt.Sprintf("was already built; %d files that were missing are stored again", b.Uploaded)
	case b.Existed:
		done = "was already built, from the same"
	}
	fmt.Fprintf(w, "Release %s %s.\n", palette.paint(bold, b.Version), done)
	fmt.Fprintf(w, "  manifest  %s\n  source    %s\n  contents  %s\n", b.Digest, sourceText(b.Manifest.Source), contents(b.Manifest))
}

// ReleaseBuildJSON is the JSON form of a build.
type ReleaseBuildJSON struct {
	Version  string           `json:"version"`
	Digest   string           `json:"digest"`
	Existed  bool             `json:"existed"`
	Uploaded int              `json:"uploaded"`
	Bytes    int64            `json:"uploaded_bytes"`
	Seconds  float64          `json:"seconds"`
	Manifest release.Manifest `json:"manifest"`
}

// ReleaseBuildForJSON gives the JSON form of a build.
func ReleaseBuildForJSON(b *engine.ReleaseBuild) ReleaseBuildJSON {
	return ReleaseBuildJSON{b.Version, b.Digest, b.Existed, b.Uploaded, b.Bytes, tenths(b.Seconds), b.Manifest}
}

// Releases writes a list of releases.
func Releases(w io.Writer, environment string, all []engine.ReleaseInfo, palette Palette) {
	if len(all) == 0 {
		fmt.Fprintf(w, "%s has no releases; `mandala-deploy release build VERSION -e %s` builds one.\n", environment, environment)
		return
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "VERSION\tSTORED\tCOMMIT\tSIZE\tSCHEMA\tMANIFEST\tSTATE")
	for _, r := range all {
		if r.Error != "" {
			fmt.Fprintf(table, "%s\t%s\t-\t-\t-\t-\t%s\n", r.Version, r.StoredAt.Local().Format(time.DateTime), palette.paint(red, r.Error))
			continue
		}
		notes := []string{"-"}
		if r.Deployed || r.Verified {
			notes = nil
		}
		if r.Deployed {
			notes = append(notes, "deployed")
		}
		if r.Verified {
			notes = append(notes, "verified")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%.19s\t%s\n", r.Version, r.StoredAt.Local().Format(time.DateTime), commitText(r.Source),
			size(r.Size), r.Schema, r.Digest, palette.paint(green, strings.Join(notes, ", ")))
	}
	_ = table.Flush() // fails when w does, which nobody is left to be told
}

// Release writes one release in full.
func Release(w io.Writer, r *engine.ReleaseDetail, palette Palette) {
	fmt.Fprintf(w, "%s\n\n", palette.paint(bold, r.Version))
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("manifest", "%s", r.Digest)
	line("source", "%s", sourceText(r.Source))
	run := r.Provenance.Predicate.RunDetails
	by := run.Metadata.InvocationID
	parameters := r.Provenance.Predicate.BuildDefinition.InternalParameters
	if user, ok := parameters["user"].(string); ok && user != "" {
		by = fmt.Sprintf("%s@%v, %s", user, parameters["host"], by)
	}
	line("built", "%s by %s", run.Metadata.FinishedOn.Local().Format(time.DateTime), by)
	line("contents", "%s", contents(r.Manifest))
	switch {
	case r.Deployed && r.Verified:
		line("state", "deployed and verified")
	case r.Deployed:
		line("state", "deployed")
	case r.Verified:
		line("state", "was deployed and verified")
	}
	if len(r.Manifest.Functions) > 0 {
		fmt.Fprintf(w, "\nFunctions (%s)\n", r.Manifest.Architecture)
		for _, f := range r.Manifest.Functions {
			fmt.Fprintf(w, "  %-24s %10s  %.12s\n", f.Name, size(f.Size), f.SHA256)
		}
	}
	if len(r.Manifest.Site) > 0 {
		fmt.Fprintln(w, "\nSite")
		for _, f := range r.Manifest.Site {
			kind := "entry"
			if f.Immutable {
				kind = "immutable"
			}
			fmt.Fprintf(w, "  %-40s %10s  %-9s  %s\n", f.Path, size(f.Size), kind, f.ContentType)
		}
	}
	if len(r.Manifest.Migrations) > 0 {
		fmt.Fprintln(w, "\nMigrations")
		for _, m := range r.Manifest.Migrations {
			fmt.Fprintf(w, "  %-40s %s\n", m.Name, m.Class)
		}
	}
}

// ReleaseDifference writes what a release has other than another.
func ReleaseDifference(w io.Writer, d *engine.ReleaseDifference, palette Palette) {
	if d.Empty() {
		fmt.Fprintf(w, "%s and %s release the same.\n", d.From, d.To)
		return
	}
	fmt.Fprintf(w, "%s\n", palette.paint(bold, d.From+" → "+d.To))
	for _, part := range []struct {
		name  string
		delta release.Delta
	}{{"Functions", d.Functions}, {"Root and modules", d.Root}, {"Site", d.Site}, {"Migrations", d.Migrations}} {
		if part.delta.Empty() {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", part.name)
		for _, each := range []struct {
			sign, colour string
			names        []string
		}{{"+", green, part.delta.Added}, {"-", red, part.delta.Removed}, {"~", yellow, part.delta.Changed}} {
			for _, name := range each.names {
				fmt.Fprintf(w, "  %s %s\n", palette.paint(each.colour, each.sign), name)
			}
		}
	}
}

// ReleaseVerification writes what hashing a release anew found.
func ReleaseVerification(w io.Writer, v *engine.ReleaseVerification, palette Palette) {
	for _, part := range []struct {
		what   string
		faults []engine.ArtifactFault
	}{{"missing", v.Missing}, {"differs", v.Differ}} {
		for _, fault := range part.faults {
			fmt.Fprintf(w, "%s  %s  (%s)\n", palette.paint(red, part.what), fault.Key, strings.Join(fault.Names, ", "))
		}
	}
	if v.Whole() {
		fmt.Fprintf(w, "Release %s is whole: %d files, %s, manifest %s.\n", v.Version, v.Files, size(v.Bytes), v.Digest)
	}
}

// ReleaseVerificationJSON is the JSON form of a verification of a release.
type ReleaseVerificationJSON struct {
	*engine.ReleaseVerification
	Whole  bool        `json:"whole"`
	Errors []ErrorJSON `json:"errors,omitempty"`
}

// ReleaseVerificationForJSON gives that form.
func ReleaseVerificationForJSON(v *engine.ReleaseVerification, err error) ReleaseVerificationJSON {
	return ReleaseVerificationJSON{v, v.Whole(), ErrorsForJSON(err)}
}

// Pruned writes which releases went.
func Pruned(w io.Writer, r *engine.PruneResult, palette Palette) {
	for _, kept := range r.Kept {
		fmt.Fprintf(w, "  %s  %s (%s)\n", palette.paint(green, "keep"), kept.Version, kept.Reason)
	}
	for _, version := range r.Pruned {
		fmt.Fprintf(w, "  %s  %s\n", palette.paint(red, "drop"), version)
	}
	verb := "Deleted"
	if r.DryRun {
		verb = "Would delete"
	}
	fmt.Fprintf(w, "%s %d releases of %s and %d files that nothing needs any more.\n", verb, len(r.Pruned), r.Environment, r.Artifacts)
}

func contents(m release.Manifest) string {
	return fmt.Sprintf("%d functions, %d files of the root, %d of the site, schema %d; %s", len(m.Functions), len(m.Root), len(m.Site), m.Schema(), size(m.Size()))
}

func sourceText(s release.Source) string {
	if s.Commit == "" {
		return "no repository"
	}
	text := fmt.Sprintf("commit %s of %s", s.Commit, s.CommitTime.UTC().Format("2006-01-02 15:04 UTC"))
	if s.Dirty {
		text += ", with changes"
	}
	return text
}

func commitText(s release.Source) string {
	if s.Commit == "" {
		return "-"
	}
	text := release.ShortCommit(s.Commit)
	if s.Dirty {
		text += "-dirty"
	}
	return text
}

// size gives a number of bytes for people.
func size(bytes int64) string {
	switch {
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	case bytes >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%d B", bytes)
}
