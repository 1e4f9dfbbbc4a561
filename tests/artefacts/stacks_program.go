// Makes the profiles that Go's runtime writes: cpu, heap, block, mutex and goroutine, with labels.
package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sort"
	"sync"
	"time"
)

var kept [][]byte

func spin(seconds float64) int {
	end, turns := time.Now().Add(time.Duration(seconds*1e9)), 0
	for time.Now().Before(end) {
		numbers := make([]int, 2000)
		for i := range numbers {
			numbers[i] = (i * 7919) % 1013
		}
		sort.Ints(numbers)
		turns += numbers[3]
	}
	return turns
}

func descend(depth int, seconds float64) int {
	if depth == 0 {
		return spin(seconds)
	}
	return descend(depth-1, seconds)
}

func keep() {
	for i := 0; i < 60; i++ {
		kept = append(kept, make([]byte, 100000))
	}
}

func save(folder string, name string) {
	file, _ := os.Create(filepath.Join(folder, "go_"+name+".pb.gz"))
	defer file.Close()
	pprof.Lookup(name).WriteTo(file, 0)
}

func main() {
	folder := os.Args[1]
	runtime.MemProfileRate = 4096
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	file, _ := os.Create(filepath.Join(folder, "go_cpu.pb.gz"))
	pprof.StartCPUProfile(file)
	pprof.Do(context.Background(), pprof.Labels("thread", "worker-1", "handler", "price"), func(context.Context) { descend(4, 0.5) })
	spin(0.3)
	pprof.StopCPUProfile()
	file.Close()
	keep()
	var lock sync.Mutex
	var group sync.WaitGroup
	for i := 0; i < 3; i++ {
		group.Add(1)
		go func() { lock.Lock(); time.Sleep(5 * time.Millisecond); lock.Unlock(); group.Done() }()
	}
	group.Wait()
	runtime.GC()
	for _, name := range []string{"heap", "allocs", "block", "mutex", "goroutine"} {
		save(folder, name)
	}
}
