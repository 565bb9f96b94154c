// Package testresult reads what `go test -json` and `go test -coverprofile` write: how
// many tests passed, which failed, and how much of the code they ran.
package testresult

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Results are those of one job.
type Results struct {
	Passed, Skipped int
	Failed          []Test // subtests, rather than what they are part of
}

// Test names a test, or a package where no test of it can be named.
type Test struct {
	Package string
	Name    string // "" for the package: it does not compile, or ended in the middle
}

// String gives "package.Test".
func (t Test) String() string {
	if t.Name == "" {
		return t.Package
	}
	return t.Package + "." + t.Name
}

// event is one line of `go test -json`.
type event struct {
	Action     string
	Package    string
	Test       string
	ImportPath string // of what did not compile
}

// Read reads the events of one or several runs of `go test -json`, one after the other.
// A line that is none is passed over: what a compiler says may stand between them.
func Read(from io.Reader) (Results, error) {
	outcome := map[Test]string{} // the last that was told
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if json.Unmarshal(bytes.TrimSpace(line), &e) == nil {
			e.note(outcome)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return Results{}, fmt.Errorf("read test results: %w", err)
		}
	}
	return count(outcome), nil
}

// note keeps the outcome of a test or a package. What began and was not heard of again
// has failed.
func (e event) note(outcome map[Test]string) {
	of := Test{Package: e.Package, Name: e.Test}
	switch e.Action {
	case "build-fail":
		name, _, _ := strings.Cut(e.ImportPath, " ")
		outcome[Test{Package: name}] = "fail"
	case "start", "run":
		outcome[of] = "fail"
	case "pass", "fail", "skip":
		if e.Package != "" {
			outcome[of] = e.Action
		}
	}
}

func count(outcome map[Test]string) Results {
	var r Results
	blamed := map[Test]bool{} // packages, and tests that have subtests, of which a part failed
	for of, how := range outcome {
		switch {
		case how == "fail":
			for name := of.Name; name != ""; {
				name = name[:max(strings.LastIndexByte(name, '/'), 0)]
				blamed[Test{Package: of.Package, Name: name}] = true
			}
		case of.Name == "": // a package is no test
		case how == "skip":
			r.Skipped++
		default:
			r.Passed++
		}
	}
	for of := range maps.Keys(outcome) {
		if outcome[of] == "fail" && !blamed[of] {
			r.Failed = append(r.Failed, of)
		}
	}
	slices.SortFunc(r.Failed, func(a, b Test) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Name, b.Name))
	})
	return r
}

// Coverage gives how much of the statements of a coverage profile were run, in percent;
// false where it has none.
func Coverage(profile io.Reader) (float64, bool, error) {
	type block struct{ statements, count int }
	blocks := map[string]block{} // a block that several packages' tests ran stands there several times
	lines := bufio.NewScanner(profile)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			continue // the mode
		}
		statements, err := strconv.Atoi(fields[1])
		times, badCount := strconv.Atoi(fields[2])
		if err != nil || badCount != nil || statements < 0 {
			return 0, false, fmt.Errorf("%q is no line of a coverage profile", lines.Text())
		}
		blocks[fields[0]] = block{statements, max(times, blocks[fields[0]].count)}
	}
	if err := lines.Err(); err != nil {
		return 0, false, fmt.Errorf("read a coverage profile: %w", err)
	}
	all, run := 0, 0
	for _, b := range blocks {
		all += b.statements
		if b.count > 0 {
			run += b.statements
		}
	}
	if all == 0 {
		return 0, false, nil
	}
	return 100 * float64(run) / float64(all), true, nil
}
