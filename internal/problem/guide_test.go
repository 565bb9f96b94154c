package problem_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// language is what the catalogue is told in.
type language struct {
	page    string            // whose table it is
	columns []string          // of the table
	areas   map[string]string // by the first two digits of their codes
	entry   func(*testing.T, problem.Entry) problem.Entry
}

// japanese is told by a catalogue of its own, which TestEveryCodeIsTranslated holds complete.
var japanese = language{
	page:    "docs/guide/ja/troubleshooting.md",
	columns: []string{"コード", "事象", "原因", "対応"},
	entry: func(t *testing.T, entry problem.Entry) problem.Entry {
		t.Helper()
		texts := translations(t)[entry.Code]
		if len(texts) != 3 {
			t.Fatalf("%s is not translated: %s wants its title, cause and remedy", entry.Code, catalogueJA)
		}
		return problem.Entry{Code: entry.Code, Title: texts[0], Cause: texts[1], Remedy: texts[2]}
	},
	areas: map[string]string{
		"01": "構成：deploy.hcl、ルート、レイヤー",
		"02": "Terraform の実行",
		"03": "AWS へのアクセスとステートバケット",
		"04": "承認と保護",
		"05": "占有、中断、再開",
		"06": "ローカル AWS",
		"07": "関数のコード",
		"08": "リリース、デプロイ、検証、GitHub",
		"09": "コマンドライン",
	},
}

// catalogueJA has title, cause and remedy of each code in Japanese.
const catalogueJA = "docs/guide/ja/errors.json"

func translations(t *testing.T) map[problem.Code][]string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(top, catalogueJA))
	if err != nil {
		t.Fatal(err)
	}
	var texts map[problem.Code][]string
	if err := json.Unmarshal(body, &texts); err != nil {
		t.Fatalf("%s: %v", catalogueJA, err)
	}
	return texts
}

func TestEveryCodeIsTranslated(t *testing.T) {
	t.Parallel()
	texts := translations(t)
	var codes []problem.Code
	for _, entry := range problem.Catalogue() {
		codes = append(codes, entry.Code)
		translated := japanese.entry(t, entry)
		for _, each := range [][2]string{{entry.Title, translated.Title}, {entry.Cause, translated.Cause}, {entry.Remedy, translated.Remedy}} {
			if !strings.ContainsFunc(each[1], func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }) {
				t.Errorf("%s: %q is no Japanese", entry.Code, each[1])
			}
			if diff := cmp.Diff(spans(each[0]), spans(each[1])); diff != "" {
				t.Errorf("%s: another text names other code (-English +Japanese):\n%s", entry.Code, diff)
			}
		}
	}
	if diff := cmp.Diff(codes, slices.Sorted(maps.Keys(texts))); diff != "" {
		t.Errorf("%s is not complete (-codes +translated):\n%s", catalogueJA, diff)
	}
}

// spans gives the code spans of a text, in order of the alphabet: another language may name
// them in another order.
func spans(text string) []string {
	parts := strings.Split(text, "`")
	var all []string
	for i := 1; i < len(parts); i += 2 {
		all = append(all, parts[i])
	}
	slices.Sort(all)
	return all
}

// TestTroubleshootingGuides holds the guides' lists of codes to the catalogue.
func TestTroubleshootingGuides(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- begin errors -->\n", "\n<!-- end errors -->"
	for _, in := range []language{english, japanese} {
		path := filepath.Join(top, in.page)
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, found := strings.Cut(string(body), begin)
		_, after, closed := strings.Cut("\n"+rest, end)
		if !found || !closed {
			t.Fatalf("%s has no %s", in.page, begin)
		}
		want := before + begin + table(t, "### ", in) + end + after
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, string(body)); diff != "" {
			t.Errorf("%s is not what the catalogue says: run `make docs` (-catalogue +file):\n%s", in.page, diff)
		}
	}
}
