package artifact

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// indexFile is the index's name, beside the archives.
const indexFile = "artifacts.json"

// suffix ends the archives' names.
const suffix = ".zip"

// readIndex gives the index of an earlier build; an empty one where there is
// none that can be read.
func readIndex(options Options) Index {
	var index Index
	body, err := os.ReadFile(filepath.Join(options.dir(), indexFile))
	if err != nil || json.Unmarshal(body, &index) != nil {
		return Index{}
	}
	return index
}

// upToDate gives those that were made from what is there now, and whose
// archives are as they were made.
func (index Index) upToDate(options Options, prints map[string]string) map[string]Built {
	good := map[string]Built{}
	for _, b := range index.Artifacts {
		if prints[b.Name] == "" || prints[b.Name] != b.Fingerprint || b.File != b.Name+suffix {
			continue
		}
		if digest, err := digestOf(options.Path(b)); err == nil && digest == b.SHA256 {
			good[b.Name] = b
		}
	}
	return good
}

// write stores the index, and removes archives of functions that are no more.
func (index Index) write(options Options) error {
	body, err := json.MarshalIndent(index, "", "  ")
	if err != nil {
		return outProblem(err)
	}
	path := filepath.Join(options.dir(), indexFile)
	if err := os.WriteFile(path+".new", append(body, '\n'), 0o600); err != nil {
		return outProblem(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return outProblem(err)
	}
	archives, err := filepath.Glob(filepath.Join(options.dir(), "*"+suffix))
	if err != nil {
		return outProblem(err)
	}
	for _, archive := range archives {
		name := strings.TrimSuffix(filepath.Base(archive), suffix)
		if !slices.ContainsFunc(index.Artifacts, func(b Built) bool { return b.Name == name }) {
			if err := os.Remove(archive); err != nil {
				return outProblem(err)
			}
		}
	}
	return nil
}
