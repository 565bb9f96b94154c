//go:build !linux

package terraform

import "syscall"

func groupEnded(group int) bool { return syscall.Kill(-group, 0) != nil }
