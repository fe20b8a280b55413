// Runs one program on the Verilated accelerator for a number of inputs, with DRAM behind AXI4.
//
// usage: harness KEY=VALUE... ; see `main`. Input, image and result are files; progress goes to stdout, a line at a time.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "VAccelerator.h"
#include "VAccelerator___024root.h"
#include "dram.h"
#include "pin_log.h"
#include "stalls.h"
#include "traffic.h"
#include "verilated.h"
#if TRACE
#include "verilated_vcd_c.h"
#endif

// The model's work without what `eval` does around it (messages, threads), which takes locks; absent where Verilator names it otherwise.
[[gnu::weak]] void VAccelerator___024root___eval(VAccelerator___024root* root);

namespace {

constexpr int kCounters = 16;
std::atomic<bool> stopped = false;

struct Options {
  std::map<std::string, std::string> values;
  std::string text(const std::string& key, const std::string& fallback = "") const {
    auto found = values.find(key);
    return found == values.end() ? fallback : found->second;
  }
  uint64_t number(const std::string& key, uint64_t fallback = 0) const {
    auto found = values.find(key);
    return found == values.end() ? fallback : std::stoull(found->second, nullptr, 0);
  }
  double real(const std::string& key) const { return std::stod(text(key, "0")); }
};

std::vector<uint8_t> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class Bench {
 public:
  explicit Bench(const Options& options)
      : context_(new VerilatedContext),
        top_(new VAccelerator(context_.get())),
        stalls_(options.real("stall_probability"), options.number("stall_seed", 1), options.text("stall_channels")),
        log_(options.text("pin_log")),
        dram(*top_, options.number("dram_bytes"), options.number("dram_latency", 40), stalls_) {
#if TRACE
    context_->traceEverOn(true);
    trace_.reset(new VerilatedVcdC);
    top_->trace(trace_.get(), 99);
    trace_->open(options.text("trace").c_str());
#endif
    reset();
  }
  ~Bench() {
#if TRACE
    trace_->close();
#endif
    top_->final();
  }

  void reset() {
    top_->reset = 1;
    top_->s_axi_awvalid = top_->s_axi_wvalid = top_->s_axi_arvalid = 0;
    dram.reset();
    for (int i = 0; i < 4; ++i) cycle();
    top_->reset = 0;
    cycle();
  }

  // From one rising edge to the next. Outputs have settled at the edge before, but for those of the register port: only where that is
  // in use or logged need they follow its pins.
  void cycle(bool registers_used = true) {
    top_->s_axi_bready = top_->s_axi_rready = stalls_.open(Channel::kLite, cycles);
    if (registers_used || log_.open()) fall();
    log_.sample(*top_, cycles);
    if (!top_->reset) dram.sample(cycles);
    write_done_ = top_->s_axi_bvalid;
    read_done_ = top_->s_axi_rvalid;
    read_data_ = top_->s_axi_rdata;
    write_taken_ = top_->s_axi_awready && top_->s_axi_wready;
    read_taken_ = top_->s_axi_arready;
    dram.drive(++cycles);
    rise();
  }

  void write(uint32_t address, uint32_t value) {
    top_->s_axi_awaddr = address;
    top_->s_axi_wdata = value;
    top_->s_axi_wstrb = 0xF;
    top_->s_axi_awvalid = 1;
    while (!stalls_.open(Channel::kLite, cycles)) cycle();
    top_->s_axi_wvalid = 1;
    bounded([&] { return write_taken_; });
    top_->s_axi_awvalid = top_->s_axi_wvalid = 0;
    if (!write_done_) bounded([&] { return write_done_; });
  }

  uint32_t read(uint32_t address) {
    top_->s_axi_araddr = address;
    top_->s_axi_arvalid = 1;
    bounded([&] { return read_taken_; });
    top_->s_axi_arvalid = 0;
    if (!read_done_) bounded([&] { return read_done_; });
    return read_data_;
  }

  bool done() const { return top_->done; }
  uint64_t cycles = 0;

 private:
  template <typename Condition>
  void bounded(Condition condition) {
    for (int i = 0; i < 1000; ++i) {
      cycle();
      if (condition()) return;
    }
    throw std::runtime_error("the register port does not answer");
  }

  // The clock goes low; outputs follow inputs.
  void fall() {
    top_->clock = 0;
    top_->eval();
  }

  void rise() {
#if TRACE
    fall();
    trace_->dump(time_++);
    top_->clock = 1;
    top_->eval();
    trace_->dump(time_++);
#else
    skip_fall(*top_->rootp);
    top_->clock = 1;
    VAccelerator___024root___eval ? VAccelerator___024root___eval(top_->rootp) : top_->eval();
#endif
  }

  // Nothing happens at a falling edge: it is enough that the model believes to have seen one.
  template <typename Root>
  void skip_fall(Root& root) {
    if constexpr (requires { root.__Vtrigprevexpr___TOP__clock__0; })
      root.__Vtrigprevexpr___TOP__clock__0 = 0;
    else
      fall();
  }

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<VAccelerator> top_;
  Stalls stalls_;
  PinLog log_;
#if TRACE
  std::unique_ptr<VerilatedVcdC> trace_;
  uint64_t time_ = 0;
#endif
  bool write_done_ = false, read_done_ = false, write_taken_ = false, read_taken_ = false;
  uint32_t read_data_ = 0;

 public:
  Dram dram;
};

// START, run to the end; a reset in the middle and a fresh START where `reset_at` says so.
void run_program(Bench& bench, const Options& options, uint64_t address) {
  uint64_t reset_at = options.number("reset_at"), limit = options.number("cycle_limit", UINT64_MAX);
  auto last = std::chrono::steady_clock::now();
  bench.write(0x0C, static_cast<uint32_t>(address));
  bench.write(0x00, 1);
  uint64_t start = bench.cycles;
  bench.dram.traffic.begin(start, options.number("code_end"), options.number("image_end"));
  while (!bench.done()) {
    bench.cycle(false);
    uint64_t ran = bench.cycles - start;
    if (reset_at && ran == reset_at) {
      bench.reset();
      bench.write(0x0C, static_cast<uint32_t>(address));
      bench.write(0x00, 1);
      reset_at = 0;
    }
    if (ran > limit) throw std::runtime_error("no end after " + std::to_string(ran) + " cycles");
    if (stopped) throw std::runtime_error("stopped");
    if ((ran & 0xFFFF) != 0) continue;
    auto now = std::chrono::steady_clock::now();
    if (now - last < std::chrono::milliseconds(250)) continue;
    last = now;
    std::printf("cycles %llu\n", static_cast<unsigned long long>(ran));
    std::fflush(stdout);
  }
}

// The result of one input: status, fault, index (32 bits each), counters, then the regions' bytes.
std::vector<uint8_t> report(Bench& bench, const std::vector<std::pair<uint64_t, uint64_t>>& regions) {
  uint32_t words[3 + kCounters] = {bench.read(0x04), bench.read(0x08), bench.read(0x1C)};
  for (int i = 0; i < kCounters; ++i) words[3 + i] = bench.read(0x40 + 4 * i);
  const auto* head = reinterpret_cast<const uint8_t*>(words);
  std::vector<uint8_t> found(head, head + sizeof words);
  for (auto [address, size] : regions) {
    auto begin = bench.dram.bytes.begin() + address;
    found.insert(found.end(), begin, begin + size);
  }
  return found;
}

std::vector<std::pair<uint64_t, uint64_t>> parse_regions(const std::string& text) {
  std::vector<std::pair<uint64_t, uint64_t>> regions;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) {
    auto colon = part.find(':');
    regions.emplace_back(std::stoull(part.substr(0, colon)), std::stoull(part.substr(colon + 1)));
  }
  return regions;
}

// All inputs of one program: `threads` accelerators take them in turns, each with its own DRAM. An input's result does not depend on which
// accelerator ran it, nor on what that one ran before.
class Batch {
 public:
  explicit Batch(const Options& options)
      : options_(options),
        image_(read_file(options.text("image"))),
        inputs_(read_file(options.text("inputs"))),
        count_(options.number("count", 1)),
        regions_(parse_regions(options.text("regions"))),
        result_(options.text("result"), std::ios::binary) {}

  // Simulates all inputs; the sum of all cycles.
  uint64_t run() {
    uint64_t threads = std::min(count_, options_.number("threads", 1));
    std::vector<std::thread> others;
    for (uint64_t t = 1; t < threads; ++t) others.emplace_back([this, t, threads] { guarded(t, threads); });
    guarded(0, threads);
    for (auto& other : others) other.join();
    if (failure_) std::rethrow_exception(failure_);
    return cycles_;
  }

 private:
  void guarded(uint64_t first, uint64_t step) {
    try {
      share(first, step);
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stopped = true;  // the others need not go on
    }
  }

  void share(uint64_t first, uint64_t step) {
    Bench bench(options_);
    std::memcpy(bench.dram.bytes.data(), image_.data(), image_.size());
    uint64_t input_bytes = options_.number("input_bytes"), address = options_.number("input_address");
    for (uint64_t n = first; n < count_; n += step) {
      if (input_bytes) std::memcpy(&bench.dram.bytes[address], &inputs_[n * input_bytes], input_bytes);
      run_program(bench, options_, options_.number("program_address"));
      write(n, report(bench, regions_));
      if (n == 0) bench.dram.traffic.save(options_.text("traffic"));
    }
    std::lock_guard lock(mutex_);
    cycles_ += bench.cycles;
  }

  void write(uint64_t n, const std::vector<uint8_t>& bytes) {
    std::lock_guard lock(mutex_);
    result_.seekp(n * bytes.size());
    result_.write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::printf("input %llu\n", static_cast<unsigned long long>(++done_));
    std::fflush(stdout);
  }

  const Options& options_;
  const std::vector<uint8_t> image_, inputs_;
  const uint64_t count_;
  const std::vector<std::pair<uint64_t, uint64_t>> regions_;
  std::mutex mutex_;  // guards all below
  std::ofstream result_;
  uint64_t done_ = 0, cycles_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGTERM, [](int) { stopped = true; });
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    auto equals = argument.find('=');
    options.values[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  try {
    uint64_t cycles = Batch(options).run();
    std::printf("total %llu\n", static_cast<unsigned long long>(cycles));
  } catch (const std::exception& error) {
    std::printf("error: %s\n", error.what());
    return 1;
  }
  return 0;
}
