// What gguf-parser-go estimates for one start of llama-server, as JSON: one object a device, the
// host's first. Without --split everything is on the host.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	parser "github.com/gpustack/gguf-parser-go"
)

var cacheTypes = map[string]parser.GGMLType{
	"f32": parser.GGMLTypeF32, "f16": parser.GGMLTypeF16, "bf16": parser.GGMLTypeBF16,
	"q8_0": parser.GGMLTypeQ8_0, "q5_0": parser.GGMLTypeQ5_0, "q5_1": parser.GGMLTypeQ5_1,
	"q4_0": parser.GGMLTypeQ4_0, "q4_1": parser.GGMLTypeQ4_1, "iq4_nl": parser.GGMLTypeIQ4_NL,
}

func main() {
	context := flag.Int("context", 0, "tokens, 0 for what the model was trained with")
	slots := flag.Int("parallel", 1, "slots")
	batch := flag.Int("batch", 2048, "logical batch")
	ubatch := flag.Int("ubatch", 512, "physical batch")
	layers := flag.Uint64("layers", 0, "layers on devices")
	split := flag.String("split", "", "cumulative shares of the devices, the last one 1")
	mainDevice := flag.Int("main", 0, "the device of --single")
	single := flag.Bool("single", false, "everything on one device")
	k := flag.String("k", "f16", "type of K")
	v := flag.String("v", "f16", "type of V")
	attention := flag.Bool("flash-attention", true, "")
	offload := flag.Bool("kv-offload", true, "")
	full := flag.Bool("swa-full", false, "")
	onCPU := flag.String("on-cpu", "", "patterns of tensors that stay on the host, by spaces")
	flag.Parse()

	options := []parser.GGUFRunEstimateOption{
		parser.WithLLaMACppContextSize(int32(*context)),
		parser.WithParallelSize(int32(*slots)),
		parser.WithLLaMACppLogicalBatchSize(int32(*batch)),
		parser.WithLLaMACppPhysicalBatchSize(int32(*ubatch)),
		parser.WithLLaMACppOffloadLayers(*layers),
		parser.WithLLaMACppCacheKeyType(cacheTypes[*k]),
		parser.WithLLaMACppCacheValueType(cacheTypes[*v]),
	}
	if shares := numbers(*split); len(shares) > 0 {
		options = append(options, parser.WithTensorSplitFraction(shares), parser.WithMainGPUIndex(*mainDevice))
		options = append(options, parser.WithRPCServers(strings.Split(*split, ",")))
	}
	if *single {
		options = append(options, parser.WithLLaMACppSplitMode(parser.LLaMACppSplitModeNone))
	}
	if *attention {
		options = append(options, parser.WithFlashAttention())
	}
	if !*offload {
		options = append(options, parser.WithoutLLaMACppOffloadKVCache())
	}
	if *full {
		options = append(options, parser.WithLLaMACppFullSizeSWACache())
	}
	var moved []parser.GGUFRunOverriddenTensor
	for _, pattern := range strings.Fields(*onCPU) {
		moved = append(moved, parser.GGUFRunOverriddenTensor{PatternRegex: regexp.MustCompile(pattern), BufferType: "CPU"})
	}
	options = append(options, parser.WithOverriddenTensors(moved))

	file, err := parser.ParseGGUFFile(flag.Arg(0), parser.UseMMap())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var found []map[string]uint64
	for _, device := range file.EstimateLLaMACppRun(options...).Devices {
		found = append(found, map[string]uint64{
			"weights": uint64(device.Weight.Sum()),
			"cache":   uint64(device.KVCache.Sum()),
			"compute": uint64(device.Computation.Sum() + device.Footprint),
		})
	}
	_ = json.NewEncoder(os.Stdout).Encode(found)
}

func numbers(text string) (found []float64) {
	for _, each := range strings.Split(text, ",") {
		if number, err := strconv.ParseFloat(each, 64); err == nil {
			found = append(found, number)
		}
	}
	return found
}
