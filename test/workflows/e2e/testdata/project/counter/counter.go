// Package counter counts.
package counter

// Next gives the next number.
func Next(n int) int { return n + 1 }
