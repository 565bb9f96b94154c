// Command mandala-deploy deploys layered AWS environments with Terraform.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/goal-mandala/mandala-deploy/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := cli.Main(ctx, os.Args[1:], cli.Terminal{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ()})
	os.Exit(code) //nolint:gocritic // the process ends: nothing is left for stop to do
}
