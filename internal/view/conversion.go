package view

import (
	"fmt"
	"io"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/convert"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// ConversionJSON is what became of a root.
type ConversionJSON struct {
	Environment string               `json:"environment"`
	From        string               `json:"from"`
	Files       []ConvertedFileJSON  `json:"files"`
	Layers      []ConvertedLayerJSON `json:"layers"` // in the order of deployment
	Notes       []ConversionNoteJSON `json:"notes"`
	Left        []ConversionNoteJSON `json:"left"` // what could not be taken
	Errors      []ErrorJSON          `json:"errors,omitempty"`
}

// ConvertedFileJSON is a file of the environment.
type ConvertedFileJSON struct {
	Path  string `json:"path"`
	Stays bool   `json:"stays"` // it was there already
}

// ConvertedLayerJSON is a module block that is a layer.
type ConvertedLayerJSON struct {
	Name  string   `json:"name"`
	After []string `json:"after"`
}

// ConversionNoteJSON is something that should be known of a place.
type ConversionNoteJSON struct {
	Code  problem.Code     `json:"code,omitempty"`
	Where problem.Location `json:"where"`
	What  string           `json:"what"`
}

// ConversionForJSON gives the document of a conversion.
func ConversionForJSON(result *convert.Result, failure error) ConversionJSON {
	document := ConversionJSON{Environment: result.Environment, From: result.From, Files: []ConvertedFileJSON{},
		Layers: []ConvertedLayerJSON{}, Notes: []ConversionNoteJSON{}, Left: []ConversionNoteJSON{}}
	for _, file := range result.Files {
		document.Files = append(document.Files, ConvertedFileJSON{file.Path, file.Stays})
	}
	for _, layer := range result.Layers {
		document.Layers = append(document.Layers, ConvertedLayerJSON{layer.Name, append([]string{}, layer.After...)})
	}
	for _, note := range result.Notes {
		document.Notes = append(document.Notes, ConversionNoteJSON{Where: note.Where, What: note.What})
	}
	for _, each := range result.Left {
		document.Left = append(document.Left, ConversionNoteJSON{each.Code, each.Where, each.What})
	}
	if failure != nil {
		document.Errors = ErrorsForJSON(failure)
	}
	return document
}

// Conversion tells what a root becomes.
func Conversion(w io.Writer, result *convert.Result, dryRun bool, p Palette) {
	for _, file := range result.Files {
		sign, what := "+", file.Path
		if file.Stays {
			sign, what = "=", file.Path+"  (is there already)"
		}
		fmt.Fprintf(w, "%s %s\n", sign, what)
	}
	if len(result.Layers) > 0 {
		fmt.Fprintln(w, "\nLayers, in their order:")
		for i, layer := range result.Layers {
			after := ""
			if len(layer.After) > 0 {
				after = "  after " + strings.Join(layer.After, ", ")
			}
			fmt.Fprintf(w, "%3d. %s%s\n", i+1, layer.Name, after)
		}
	}
	if len(result.Notes) > 0 {
		fmt.Fprintln(w, "\nTo be known:")
		for _, note := range result.Notes {
			fmt.Fprintf(w, "  %s: %s\n", note.Where, note.What)
		}
	}
	if len(result.Left) > 0 {
		fmt.Fprintln(w, "\nCould not be taken:")
		for _, each := range result.Left {
			fmt.Fprintf(w, "  %s\n", p.paint(red, each.Error()))
		}
	}
	if dryRun {
		fmt.Fprintln(w, "\nNothing was written.")
	}
}
