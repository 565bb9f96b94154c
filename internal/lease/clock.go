package lease

import "time"

// Clock tells the time and wakes; tests pass one of their own.
type Clock interface {
	Now() time.Time
	// Timer sends once on the channel after d; stop frees it.
	Timer(d time.Duration) (fired <-chan time.Time, stop func())
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now gives the wall-clock time in UTC, without the monotonic reading: that one
// stands still while a machine sleeps, but a lease runs out meanwhile.
func (SystemClock) Now() time.Time { return time.Now().UTC().Round(0) }

// Timer wraps time.NewTimer.
func (SystemClock) Timer(d time.Duration) (<-chan time.Time, func()) {
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}
