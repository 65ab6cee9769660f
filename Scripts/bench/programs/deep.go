// Crashes in C below Go, which ends it with a core where GOTRACEBACK is crash.
package main

// static int look(int depth) { return depth == 0 ? *(volatile int *)8 : look(depth - 1) + 1; }
// static int enter(int depth) { return look(depth) + 1; }
import "C"

import (
	"fmt"
	"sync"
)

//go:noinline
func deep(n int) int {
	if n == 0 {
		return int(C.enter(10))
	}
	return deep(n-1) + n
}

func main() {
	bulk := make([]byte, 8<<20)
	for i := range bulk {
		bulk[i] = 5
	}
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		fmt.Println(deep(20))
	}()
	group.Wait()
	fmt.Println(len(bulk))
}
