// A log of every AXI handshake, and a digest over the AXI pins of every cycle out of reset; does nothing where no file is named.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "VAccelerator.h"

// Lines: `CYCLE CHANNEL PAYLOAD` (hexadecimal) per handshake; at the end `digest CYCLES HASH`.
// tests/cosim/testbench/monitor.py is its twin.
class PinLog {
 public:
  explicit PinLog(const std::string& path) : file_(path.empty() ? nullptr : std::fopen(path.c_str(), "w"), close) {}
  ~PinLog() {
    if (file_)
      std::fprintf(file_.get(), "digest %llu %016llx\n", static_cast<unsigned long long>(cycles_),
                   static_cast<unsigned long long>(digest_));
  }

  bool open() const { return file_ != nullptr; }

  void sample(const VAccelerator& top, uint64_t cycle) {
    if (!file_ || top.reset) return;
    auto burst = [](uint64_t address, uint64_t length) { return address | length << 32; };
    ++cycles_;
    take(cycle, "ar", top.m_axi_arvalid, top.m_axi_arready, burst(top.m_axi_araddr, top.m_axi_arlen));
    take(cycle, "r", top.m_axi_rvalid, top.m_axi_rready, burst(low(top.m_axi_rdata), top.m_axi_rlast));
    take(cycle, "aw", top.m_axi_awvalid, top.m_axi_awready, burst(top.m_axi_awaddr, top.m_axi_awlen));
    take(cycle, "w", top.m_axi_wvalid, top.m_axi_wready, burst(low(top.m_axi_wdata), top.m_axi_wlast));
    take(cycle, "b", top.m_axi_bvalid, top.m_axi_bready, top.m_axi_bresp);
    take(cycle, "lite_ar", top.s_axi_arvalid, top.s_axi_arready, top.s_axi_araddr);
    take(cycle, "lite_r", top.s_axi_rvalid, top.s_axi_rready, top.s_axi_rdata);
    take(cycle, "lite_aw", top.s_axi_awvalid, top.s_axi_awready, top.s_axi_awaddr);
    take(cycle, "lite_w", top.s_axi_wvalid, top.s_axi_wready, top.s_axi_wdata);
    take(cycle, "lite_b", top.s_axi_bvalid, top.s_axi_bready, top.s_axi_bresp);
  }

 private:
  static void close(std::FILE* file) {
    if (file) std::fclose(file);
  }

  // The low 32 bits of a pin of any width.
  template <typename Pin>
  static uint64_t low(const Pin& pin) {
    uint32_t word;
    std::memcpy(&word, &pin, sizeof word);
    return word;
  }

  // FNV-1a over 64-bit words: the state of the channel, and its payload where that is valid.
  void take(uint64_t cycle, const char* name, bool valid, bool ready, uint64_t payload) {
    mix(valid | ready << 1);
    if (valid) mix(payload);
    if (valid && ready)
      std::fprintf(file_.get(), "%llu %s %llx\n", static_cast<unsigned long long>(cycle), name,
                   static_cast<unsigned long long>(payload));
  }
  void mix(uint64_t word) { digest_ = (digest_ ^ word) * 0x100000001B3u; }

  std::unique_ptr<std::FILE, void (*)(std::FILE*)> file_;
  uint64_t digest_ = 0xCBF29CE484222325u, cycles_ = 0;
};
