package release

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The types of the statement, of its predicate and of how a release is built.
const (
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://slsa.dev/provenance/v1"
	buildType     = "https://github.com/goal-mandala/mandala-deploy/release-build/v1"
	builderID     = "https://github.com/goal-mandala/mandala-deploy"
)

// Statement is an in-toto statement: what was built, and the SLSA provenance of
// how.
type Statement struct {
	Type          string     `json:"_type"`
	Subject       []Subject  `json:"subject"` // the manifest first, then every artefact
	PredicateType string     `json:"predicateType"`
	Predicate     Provenance `json:"predicate"`
}

// Subject is one content that was built.
type Subject struct {
	Name   string            `json:"name"` // its key in the bucket
	Digest map[string]string `json:"digest"`
}

// Provenance is SLSA's provenance, version 1.
type Provenance struct {
	BuildDefinition BuildDefinition `json:"buildDefinition"`
	RunDetails      RunDetails      `json:"runDetails"`
}

// BuildDefinition says what was to be built.
type BuildDefinition struct {
	BuildType            string         `json:"buildType"`
	ExternalParameters   map[string]any `json:"externalParameters"`
	InternalParameters   map[string]any `json:"internalParameters,omitempty"`
	ResolvedDependencies []Dependency   `json:"resolvedDependencies,omitempty"`
}

// Dependency is what a release was built from.
type Dependency struct {
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest,omitempty"`
}

// RunDetails says who built it and when.
type RunDetails struct {
	Builder  BuilderDetails `json:"builder"`
	Metadata BuildMetadata  `json:"metadata"`
}

// BuilderDetails names the builder.
type BuilderDetails struct {
	ID      string            `json:"id"`
	Version map[string]string `json:"version,omitempty"`
}

// BuildMetadata are the run's id and times, UTC.
type BuildMetadata struct {
	InvocationID string    `json:"invocationId,omitempty"`
	StartedOn    time.Time `json:"startedOn"`
	FinishedOn   time.Time `json:"finishedOn"`
}

// Build is a run that built a release.
type Build struct {
	Environment string
	User, Host  string
	CIRun       string // URL of the CI run, "" outside CI
	ID          string // of the run
	Tool        string // the tool's version
	Started     time.Time
	Finished    time.Time
}

// Attest gives the statement about a manifest. key gives an artefact's key in
// the bucket, manifestKey is the manifest's.
func Attest(m Manifest, build Build, manifestKey string, key func(sha256 string) string) (Statement, error) {
	digest, err := m.Digest()
	if err != nil {
		return Statement{}, err
	}
	subjects := []Subject{{Name: manifestKey, Digest: map[string]string{"sha256": strings.TrimPrefix(digest, "sha256:")}}}
	for _, artifact := range m.Artifacts() {
		subjects = append(subjects, Subject{Name: key(artifact.SHA256), Digest: map[string]string{"sha256": artifact.SHA256}})
	}
	definition := BuildDefinition{
		BuildType:          buildType,
		ExternalParameters: map[string]any{"version": m.Version, "environment": build.Environment},
		InternalParameters: map[string]any{"dirty": m.Source.Dirty, "user": build.User, "host": build.Host},
	}
	if m.Architecture != "" {
		definition.InternalParameters["architecture"] = m.Architecture
	}
	if m.Source.Commit != "" {
		definition.ResolvedDependencies = []Dependency{{URI: "git+commit:" + m.Source.Commit, Digest: map[string]string{"gitCommit": m.Source.Commit}}}
	}
	details := RunDetails{
		Builder:  BuilderDetails{ID: builderID + "/workstation", Version: map[string]string{"mandala-deploy": build.Tool}},
		Metadata: BuildMetadata{InvocationID: build.ID, StartedOn: build.Started.UTC(), FinishedOn: build.Finished.UTC()},
	}
	if build.CIRun != "" {
		details.Builder.ID, details.Metadata.InvocationID = builderID+"/ci", build.CIRun
	}
	return Statement{Type: statementType, PredicateType: predicateType, Subject: subjects,
		Predicate: Provenance{BuildDefinition: definition, RunDetails: details}}, nil
}

// DecodeStatement reads a statement and refuses one that is not about a manifest
// of this digest.
func DecodeStatement(body []byte, digest string) (Statement, error) {
	var s Statement
	if err := json.Unmarshal(body, &s); err != nil {
		return Statement{}, fmt.Errorf("read the provenance: %w", err)
	}
	if s.Type != statementType || s.PredicateType != predicateType || len(s.Subject) == 0 {
		return Statement{}, fmt.Errorf("the provenance is no statement of type %s with a predicate of type %s", statementType, predicateType)
	}
	if about := s.Subject[0].Digest["sha256"]; "sha256:"+about != digest {
		return Statement{}, fmt.Errorf("the provenance is about a manifest with digest sha256:%s, and not about %s", about, digest)
	}
	return s, nil
}
