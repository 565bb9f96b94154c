package architecture

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the tables of differences between environments anew")

// TestEnvironmentsAreTold holds the tables of differences between environments
// to the files that make them. What a person adds is the last column, the reason,
// without which no value may differ.
func TestEnvironmentsAreTold(t *testing.T) {
	t.Parallel()
	for _, table := range []struct {
		document, name string
		environments   []string
		read           func(*testing.T, string) map[string]string
	}{
		{"docs/environments.md", "values", environments, values},
		{"docs/environments.md", "settings", environments, settings},
		{"docs/local-aws.md", "values", []string{"production", "local"}, values},
		{"docs/local-aws.md", "settings", []string{"production", "local"}, settings},
	} {
		each := make([]map[string]string, len(table.environments))
		for i, environment := range table.environments {
			each[i] = table.read(t, environment)
		}
		document := read(t, table.document)
		before, inside, after := between(t, document, table.name)
		want := tell(t, table.document, inside, table.environments, differences(each))
		switch {
		case want == inside:
		case *update:
			path := filepath.Join(top, table.document)
			if err := os.WriteFile(path, []byte(before+want+after), 0o600); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s does not tell how the environments differ: run `make docs` (-environments +document):\n%s", table.document, cmp.Diff(want, inside))
		}
	}
}

// tell gives the table, with the reasons that the document has.
func tell(t *testing.T, document, inside string, environments []string, differences []row) string {
	t.Helper()
	heading := append(append(row{"value"}, environments...), "why")
	reasons := map[string]string{}
	for _, told := range rows(inside, heading...) {
		if len(told) == len(heading) {
			reasons[told[0]] = told[len(told)-1]
		}
	}
	var table strings.Builder
	table.WriteString(heading.String())
	table.WriteString("|" + strings.Repeat(" --- |", len(heading)) + "\n")
	for _, difference := range differences {
		reason := reasons[difference[0]]
		if reason == "" {
			t.Errorf("%s does not say why %s differs", document, difference[0])
		}
		table.WriteString(append(difference, reason).String())
	}
	return table.String()
}
