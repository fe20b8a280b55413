// DRAM behind AXI4, as a byte array.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "VAccelerator.h"
#include "stalls.h"
#include "traffic.h"

// Reads answer in the order of acceptance, `latency` cycles after it, one beat a cycle.
class Dram {
  static constexpr int kDramBytes = DRAM_BYTES;
  static constexpr uint8_t kOkay = 0, kSlaveError = 2;
  struct Burst {
    uint64_t address, ready_at;
    uint32_t beats;
    uint8_t id;
  };

 public:
  Dram(VAccelerator& top, uint64_t size, uint64_t latency, const Stalls& stalls)
      : bytes(size), top_(top), latency_(latency), stalls_(stalls) {}

  std::vector<uint8_t> bytes;
  Traffic traffic;

  void reset() {
    reads_.clear();
    writes_.clear();
    answers_.clear();
    read_held_ = answer_held_ = write_error_ = false;
  }

  // What its pins carry in this cycle; handed over at the end of the cycle before.
  void drive(uint64_t cycle) {
    top_.next_arready = stalls_.open(Channel::kAr, cycle);
    top_.next_awready = stalls_.open(Channel::kAw, cycle);
    top_.next_wready = !writes_.empty() && stalls_.open(Channel::kW, cycle);
    drive_read(cycle);
    drive_answer(cycle);
  }

  // Takes over the transfers of this cycle.
  void sample(uint64_t cycle) {
    if (top_.m_axi_rvalid && top_.m_axi_rready) {
      traffic.read(cycle, reads_.front().address);
      next_read_beat();
    }
    if (top_.m_axi_bvalid && top_.m_axi_bready) {
      answers_.pop_front();
      answer_held_ = false;
    }
    if (top_.m_axi_wvalid && top_.m_axi_wready) {
      traffic.write(cycle);
      write_beat(cycle);
    }
    if (top_.m_axi_arvalid && top_.m_axi_arready)
      reads_.push_back({top_.m_axi_araddr, cycle + latency_, top_.m_axi_arlen + 1u, top_.m_axi_arid});
    if (top_.m_axi_awvalid && top_.m_axi_awready)
      writes_.push_back({top_.m_axi_awaddr, 0, top_.m_axi_awlen + 1u, top_.m_axi_awid});
  }

 private:
  bool inside(uint64_t address) const { return address + kDramBytes <= bytes.size(); }

  void drive_read(uint64_t cycle) {
    bool ready = !reads_.empty() && reads_.front().ready_at <= cycle;
    if (!read_held_ && !(ready && stalls_.open(Channel::kR, cycle))) {
      top_.next_rvalid = 0;
      return;
    }
    read_held_ = true;
    const Burst& burst = reads_.front();
    top_.next_rvalid = 1;
    top_.next_rid = burst.id;
    top_.next_rlast = burst.beats == 1;
    top_.next_rresp = inside(burst.address) ? kOkay : kSlaveError;
    if (inside(burst.address)) std::memcpy(&top_.next_rdata, &bytes[burst.address], kDramBytes);
  }

  void drive_answer(uint64_t cycle) {
    bool ready = !answers_.empty() && answers_.front().ready_at <= cycle;
    if (!answer_held_ && !(ready && stalls_.open(Channel::kB, cycle))) {
      top_.next_bvalid = 0;
      return;
    }
    answer_held_ = true;
    top_.next_bvalid = 1;
    top_.next_bid = answers_.front().id;
    top_.next_bresp = answers_.front().beats;
  }

  void next_read_beat() {
    read_held_ = false;
    Burst& burst = reads_.front();
    burst.address += kDramBytes;
    if (--burst.beats == 0) reads_.pop_front();
  }

  void write_beat(uint64_t cycle) {
    Burst& burst = writes_.front();
    const auto* data = reinterpret_cast<const uint8_t*>(&top_.m_axi_wdata);
    if (!inside(burst.address)) write_error_ = true;
    for (int i = 0; i < kDramBytes && inside(burst.address); ++i)
      if (top_.m_axi_wstrb >> i & 1) bytes[burst.address + i] = data[i];
    burst.address += kDramBytes;
    if (--burst.beats != 0) return;
    answers_.push_back({0, cycle + latency_, write_error_ ? kSlaveError : kOkay, burst.id});
    write_error_ = false;
    writes_.pop_front();
  }

  VAccelerator& top_;
  uint64_t latency_;
  const Stalls& stalls_;
  std::deque<Burst> reads_, writes_, answers_;  // an answer's `beats` is its response code
  bool read_held_ = false, answer_held_ = false, write_error_ = false;
};
