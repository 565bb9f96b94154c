package kit

import (
	"os"
	"os/exec"
	"time"
)

// Timeout bounds one command. The longest, a first apply of everything, takes
// some two minutes on two busy cores against a local AWS, and most of an hour on
// AWS, where a cluster's instances and CloudFront's locations take their time.
var Timeout = byTarget(20*time.Minute, 90*time.Minute)

// grace is how long a command that was interrupted has to end by itself: on AWS,
// what an apply has begun to create, such as a database instance. It is also how
// long a child that outlives its command may hold the command's pipes open.
var grace = byTarget(time.Second, 20*time.Minute)

func byTarget(local, onAWS time.Duration) time.Duration {
	if OnAWS() {
		return onAWS
	}
	return local
}

// interruptible makes the end of a command's context an interrupt, so that an
// apply that is writing ends in order; only when its grace is over is it killed.
func interruptible(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
}
