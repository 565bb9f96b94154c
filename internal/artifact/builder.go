package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Builder builds the functions of one project for one processor. It implements
// engine.Functions.
type Builder struct{ Options Options }

var _ engine.Functions = Builder{}

// Build builds what is not built yet.
func (b Builder) Build(ctx context.Context) (engine.Code, error) {
	index, err := Build(ctx, b.Options)
	if err != nil {
		return engine.Code{}, err
	}
	code := engine.Code{Architecture: index.Architecture}
	for _, built := range index.Artifacts {
		code.Artifacts = append(code.Artifacts, engine.Artifact{Function: built.Name, SHA256: built.SHA256, Size: built.Size})
	}
	return code, nil
}

// Read gives an archive, if it is still the one that was built.
func (b Builder) Read(_ context.Context, a engine.Artifact) ([]byte, error) {
	body, err := os.ReadFile(b.Options.Path(Built{File: a.Function + suffix}))
	if err != nil {
		return nil, &problem.Error{Code: problem.ArtifactChanged, What: fmt.Sprintf("the archive of function %s is gone", a.Function), Err: err}
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != a.SHA256 {
		return nil, &problem.Error{Code: problem.ArtifactChanged, What: fmt.Sprintf("function %s was built anew meanwhile", a.Function)}
	}
	return body, nil
}
