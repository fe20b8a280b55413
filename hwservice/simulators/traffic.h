// What crosses the pins to DRAM, over time: beats per window, by what they carry.
#pragma once

#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

class Traffic {
 public:
  static constexpr int kKinds = 4;  // program, parameters, maps read; anything written
  static constexpr size_t kWindows = 512;

  // Reads below `code_end` are the program's, from there to `image_end` weights, lists and records, then maps.
  void begin(uint64_t cycle, uint64_t code_end, uint64_t image_end) {
    start_ = cycle;
    code_end_ = code_end;
    image_end_ = image_end;
    window_ = 16;
    beats_.clear();
  }

  void read(uint64_t cycle, uint64_t address) { count(cycle, address < code_end_ ? 0 : address < image_end_ ? 1 : 2); }
  void write(uint64_t cycle) { count(cycle, 3); }

  // Words of 32 bits: cycles per window, then the kinds of each window.
  void save(const std::string& path) const {
    if (path.empty()) return;
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&window_), sizeof window_);
    file.write(reinterpret_cast<const char*>(beats_.data()), static_cast<std::streamsize>(beats_.size() * sizeof(Beats)));
  }

 private:
  using Beats = std::array<uint32_t, kKinds>;

  void count(uint64_t cycle, int kind) {
    while ((cycle - start_) / window_ >= kWindows) halve();
    size_t at = (cycle - start_) / window_;
    if (beats_.size() <= at) beats_.resize(at + 1);
    ++beats_[at][kind];
  }

  // Pairs of windows become one.
  void halve() {
    for (size_t i = 1; i < beats_.size(); ++i)
      for (int kind = 0; kind < kKinds; ++kind)
        beats_[i / 2][kind] = i & 1 ? beats_[i / 2][kind] + beats_[i][kind] : beats_[i][kind];
    beats_.resize((beats_.size() + 1) / 2);
    window_ *= 2;
  }

  uint64_t start_ = 0, code_end_ = 0, image_end_ = 0;
  uint32_t window_ = 16;
  std::vector<Beats> beats_;
};
