// Package problem defines the errors that users see. Each has a stable code,
// what happened, where, and what to do next; the catalogue of all codes is the
// source of the troubleshooting guide's list.
package problem

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Code is the stable identity of a kind of problem, "MD" and four digits.
type Code string

// Location says where a problem stands: a file with a 1-based line and column,
// or a flag of the command line, or both unset.
type Location struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Flag   string `json:"flag,omitempty"`
}

// String gives "file:line", "--flag" or "".
func (l Location) String() string {
	switch {
	case l.File != "" && l.Line > 0:
		return fmt.Sprintf("%s:%d", l.File, l.Line)
	case l.File != "":
		return l.File
	default:
		return l.Flag
	}
}

// Error is a problem that a user can act upon.
type Error struct {
	Code  Code     // one of the catalogue's
	What  string   // what happened: lower case, no full stop, names environment and layer
	Where Location // where it stands, if anywhere
	Next  string   // what to do now; the catalogue's remedy when empty
	Err   error    // the cause, if another error was
}

// Error gives one line: where, what, the cause and the code.
func (e *Error) Error() string {
	var b strings.Builder
	if at := e.Where.String(); at != "" {
		b.WriteString(at + ": ")
	}
	b.WriteString(e.What)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	fmt.Fprintf(&b, " [%s]", e.Code)
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Remedy gives what to do next: the error's own words, else the catalogue's.
func (e *Error) Remedy() string {
	if e.Next != "" {
		return e.Next
	}
	for _, entry := range Catalogue() {
		if entry.Code == e.Code {
			return entry.Remedy
		}
	}
	return ""
}

// Find gives every problem in err's tree, in order: errors.Join keeps many.
func Find(err error) []*Error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*Error); ok { //nolint:errorlint // the tree is walked here, node by node
		return []*Error{e}
	}
	switch u := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() []error }:
		var all []*Error
		for _, sub := range u.Unwrap() {
			all = append(all, Find(sub)...)
		}
		return all
	case interface{ Unwrap() error }:
		return Find(u.Unwrap())
	}
	return nil
}

// Is reports whether err's tree holds a problem with this code.
func Is(err error, code Code) bool {
	for _, e := range Find(err) {
		if e.Code == code || (e.Err != nil && Is(e.Err, code)) {
			return true
		}
	}
	return false
}

// Entry describes one code for the troubleshooting guide.
type Entry struct {
	Code   Code
	Title  string // what it is called, lower case
	Cause  string // why it happens
	Remedy string // what to do
}

// Catalogue lists every code in order. Each area keeps its own list beside its
// constants.
func Catalogue() []Entry {
	var all []Entry
	for _, area := range [][]Entry{configuration(), terraformRuns(), storage(), approvals(), runs(), localAWS(), functions(), releases(), deployments(), history(), verification(), github(), reports(), usage()} {
		all = append(all, area...)
	}
	// Those of the command line and of reports share their hundred.
	slices.SortStableFunc(all, func(a, b Entry) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return all
}

// ErrInterrupted is the cause of a run that the user stopped.
var ErrInterrupted = errors.New("interrupted")
