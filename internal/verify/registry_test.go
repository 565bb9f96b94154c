package verify

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/verification.md")

// every gives the registry and the drill.
func every() []Check { return append(Checks(), alarmDrill()) }

func TestEveryCheckIsTold(t *testing.T) {
	t.Parallel()
	form, reads := regexp.MustCompile(`^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$`), regexp.MustCompile(`^([a-z0-9-]+:[A-Z][A-Za-z]+$|.*[A-Za-z] )`)
	seen, known := map[string]bool{}, map[string]bool{}
	for _, requirement := range Requirements() {
		known[requirement.ID] = true
	}
	for _, c := range every() {
		if !form.MatchString(c.ID) || !strings.HasPrefix(c.ID, c.Area+".") || !slices.Contains(Areas(), c.Area) {
			t.Errorf("%s: the id is not AREA.what-must-hold", c.ID)
		}
		if seen[c.ID] {
			t.Errorf("%s: twice", c.ID)
		}
		seen[c.ID] = true
		if c.Title == "" || c.Remedy == "" || c.Run == nil || len(c.Reads) == 0 || len(c.Requirements) == 0 {
			t.Errorf("%s: lacks a title, a remedy, what it reads, requirements or what it does", c.ID)
		}
		if strings.Contains(c.Remedy, "ENV migrate") {
			t.Errorf("%s: who migrates by hand calls the live release's function", c.ID)
		}
		for _, id := range c.Requirements {
			if !known[id] {
				t.Errorf("%s: the catalogue has no %s", c.ID, id)
			}
		}
		for _, each := range c.Reads {
			if !reads.MatchString(each) {
				t.Errorf("%s: reads %q, which is neither an operation nor a request", c.ID, each)
			}
		}
	}
}

// TestEveryRequirementHasChecks: what no check proves is listed here, and nothing
// else may be.
func TestEveryRequirementHasChecks(t *testing.T) {
	t.Parallel()
	var none []string
	proved := map[string]bool{}
	for _, c := range Checks() {
		for _, id := range c.Requirements {
			proved[id] = true
		}
	}
	var missing []string
	for _, requirement := range Requirements() {
		if !proved[requirement.ID] {
			missing = append(missing, requirement.ID)
		}
	}
	if diff := cmp.Diff(none, missing); diff != "" {
		t.Errorf("requirements without a check (-none +missing):\n%s", diff)
	}
}

// TestRequirementsAreTheCatalogues: docs/requirements.md has a section or rows for
// each that Terraform decides.
func TestRequirementsAreTheCatalogues(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/requirements.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, requirement := range Requirements() {
		known[requirement.ID] = true
	}
	for _, id := range regexp.MustCompile(`\bR[1-9]\.[0-9]\b`).FindAllString(string(document), -1) {
		if !known[id] && !strings.HasPrefix(id, "R5.") {
			t.Errorf("docs/requirements.md names %s, the list here does not", id)
		}
	}
}

// TestTheDocumentIsTheRegistry: docs/verification.md tells every check.
func TestTheDocumentIsTheRegistry(t *testing.T) {
	t.Parallel()
	const path = "../../docs/verification.md"
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- begin checks -->\n", "<!-- end checks -->"
	before, rest, found := strings.Cut(string(have), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the checks", path)
	}
	want := before + begin + document() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("%s is not the registry; `make docs` writes it (-want +got):\n%s", path, diff)
	}
}

func document() string {
	var b strings.Builder
	for _, area := range Areas() {
		checks := Of([]string{area})
		if len(checks) == 0 {
			continue
		}
		fmt.Fprintf(&b, "## %s\n\n| check | what must hold | proves | reads | when it does not pass |\n| --- | --- | --- | --- | --- |\n", strings.ToUpper(area[:1])+area[1:])
		for _, c := range checks {
			writeRow(&b, c)
		}
		b.WriteString("\n")
	}
	b.WriteString("## Drills\n\n| drill | what must hold | proves | reads | when it does not pass |\n| --- | --- | --- | --- | --- |\n")
	writeRow(&b, alarmDrill())
	return b.String()
}

func writeRow(b *strings.Builder, c Check) {
	reads := make([]string, len(c.Reads))
	for i, each := range c.Reads {
		reads[i] = "`" + each + "`"
	}
	row := []string{"`" + c.ID + "`", c.Title, strings.Join(c.Requirements, ", "), strings.Join(reads, ", "), c.Remedy}
	for i := range row {
		row[i] = strings.ReplaceAll(row[i], "|", `\|`)
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
}
