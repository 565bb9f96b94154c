package view

import (
	"fmt"
	"io"
)

// Written says where a report was written.
func Written(w io.Writer, file string) { fmt.Fprintf(w, "Report: %s\n", file) }

// Serving says where something is served.
func Serving(w io.Writer, address string) { fmt.Fprintf(w, "%s\nCtrl-C ends it.\n", address) }
