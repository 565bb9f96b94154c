package view

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

func checkColour(status engine.CheckStatus) string {
	switch status {
	case engine.CheckPassed:
		return green
	case engine.CheckFailed:
		return red
	case engine.CheckUnknown:
	}
	return yellow
}

// Verification writes the checks by area, and of those that did not pass why and
// what to do.
func Verification(w io.Writer, v *engine.Verification, palette Palette) {
	width := 0
	for _, c := range v.Checks {
		width = max(width, len(c.ID))
	}
	for _, area := range areasOf(v) {
		checks, passed := ofArea(v, area)
		fmt.Fprintf(w, "%s  %d of %d passed\n", palette.paint(bold, area), passed, len(checks))
		for _, c := range checks {
			fmt.Fprintf(w, "  %s  %-*s  %s\n", palette.paint(checkColour(c.Result), fmt.Sprintf("%-7s", c.Result)), width, c.ID, c.Title)
			if c.Result == engine.CheckPassed {
				continue
			}
			fmt.Fprintf(w, "           why: %s\n", c.Reason)
			if c.Remedy != "" {
				fmt.Fprintf(w, "           %s\n", palette.paint(faint, "do:  "+c.Remedy))
			}
		}
		fmt.Fprintln(w)
	}
	failed, unknown := len(v.NotPassed(engine.CheckFailed)), len(v.NotPassed(engine.CheckUnknown))
	outcome := palette.paint(green, "passed")
	if !v.Passed() {
		outcome = palette.paint(red, "did not pass")
	}
	fmt.Fprintf(w, "Verification of %s%s %s in %.1f s: %d checks, %d failed, %d unknown.\n", v.Environment, ofRelease(v), outcome, v.Seconds, len(v.Checks), failed, unknown)
}

func ofRelease(v *engine.Verification) string {
	if v.Release == "" {
		return ""
	}
	return " at " + v.Release
}

// areasOf gives the areas that have checks, in the order of the verification.
func areasOf(v *engine.Verification) []string {
	areas := slices.Clone(v.Areas)
	for _, c := range v.Checks {
		if !slices.Contains(areas, c.Area) { // a drill's
			areas = append(areas, c.Area)
		}
	}
	return slices.DeleteFunc(areas, func(area string) bool {
		return !slices.ContainsFunc(v.Checks, func(c engine.CheckResult) bool { return c.Area == area })
	})
}

func ofArea(v *engine.Verification, area string) (checks []engine.CheckResult, passed int) {
	for _, c := range v.Checks {
		if c.Area == area {
			checks = append(checks, c)
			if c.Result == engine.CheckPassed {
				passed++
			}
		}
	}
	return checks, passed
}

// VerificationJSON is the JSON form of a verification.
type VerificationJSON struct {
	*engine.Verification
	Result  string `json:"result"` // passed or failed
	Passed  int    `json:"passed"`
	Failed  int    `json:"failed"`
	Unknown int    `json:"unknown"`
	// Errors says that it did not pass, as of any command that failed.
	Errors []ErrorJSON `json:"errors,omitempty"`
}

// VerificationForJSON gives the JSON form of a verification.
func VerificationForJSON(v *engine.Verification) VerificationJSON {
	out := VerificationJSON{Verification: v, Result: "passed", Failed: len(v.NotPassed(engine.CheckFailed)), Unknown: len(v.NotPassed(engine.CheckUnknown))}
	out.Passed = len(v.Checks) - out.Failed - out.Unknown
	if !v.Passed() {
		out.Result = "failed"
	}
	return out
}

// TraceJSON is a requirement with the checks that prove it.
type TraceJSON struct {
	engine.Requirement
	Result engine.CheckStatus   `json:"result"`
	Checks []engine.CheckResult `json:"checks"`
}

// TraceabilityForJSON gives each requirement with its checks. One is failed as soon as
// a check is, and unknown where a check is, or where none was made.
func TraceabilityForJSON(v *engine.Verification, requirements []engine.Requirement) []TraceJSON {
	all := []TraceJSON{}
	for _, requirement := range requirements {
		trace := TraceJSON{Requirement: requirement, Result: engine.CheckPassed, Checks: []engine.CheckResult{}}
		for _, c := range v.Checks {
			if !slices.Contains(c.Requirements, requirement.ID) {
				continue
			}
			trace.Checks = append(trace.Checks, c)
			if c.Result == engine.CheckFailed || c.Result == engine.CheckUnknown && trace.Result == engine.CheckPassed {
				trace.Result = c.Result
			}
		}
		if len(trace.Checks) == 0 {
			trace.Result = engine.CheckUnknown
		}
		all = append(all, trace)
	}
	return all
}

// Traceability writes each requirement with its checks and their results.
func Traceability(w io.Writer, v *engine.Verification, requirements []engine.Requirement, palette Palette) {
	for _, trace := range TraceabilityForJSON(v, requirements) {
		fmt.Fprintf(w, "%s  %s  %s\n", palette.paint(checkColour(trace.Result), fmt.Sprintf("%-7s", trace.Result)), palette.paint(bold, trace.ID), trace.Title)
		for _, c := range trace.Checks {
			fmt.Fprintf(w, "           %s  %s\n", palette.paint(checkColour(c.Result), fmt.Sprintf("%-7s", c.Result)), c.ID)
		}
		if len(trace.Checks) == 0 {
			fmt.Fprintf(w, "           %s\n", palette.paint(faint, "no check was made: other areas have "+strings.TrimSpace(trace.ID)+"'s"))
		}
	}
}
