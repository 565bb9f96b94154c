package lambda

import (
	"context"
	"fmt"
)

// maxCode is how much code is kept before what no function has is removed.
// Bytes of archives.
const maxCode = 1 << 30

// sweep removes code that no function has any more, once there is much of it.
// A failure leaves everything for the next time.
func (p *Plane) sweep(ctx context.Context, region string) {
	if p.code.size(region) < maxCode {
		return
	}
	p.deploys.Lock() // nothing is deployed between the look and the removal
	defer p.deploys.Unlock()
	used := p.pools.digests()
	for _, region := range p.code.regions() {
		var answer struct{ Functions []configuration }
		if err := p.emulator.Get(ctx, "lambda", region, "/2015-03-31/functions/?FunctionVersion=ALL&MaxItems=10000", &answer); err != nil {
			p.options.Logger.Warn("looking for code that is not used", "error", fmt.Errorf("listing the functions in %s: %w", region, err))
			return
		}
		for _, c := range answer.Functions {
			if digest, err := hexDigest(c.CodeSha256); err == nil {
				used[digest] = true
			}
		}
	}
	if err := p.code.keep(used); err != nil {
		p.options.Logger.Warn("removing code that is not used", "error", err)
	}
}

// digests names the code of every process.
func (ps *pools) digests() map[string]bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	used := map[string]bool{}
	for _, p := range ps.pools {
		if len(p.all)+p.opening > 0 {
			used[p.fn.digest] = true
		}
	}
	return used
}
