// When a channel stalls: a function of seed, channel and cycle alone, so that every testbench stalls alike.
#pragma once

#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>

enum class Channel { kAr, kR, kAw, kW, kB, kLite };

// tests/cosim/testbench/stalls.py is its twin.
class Stalls {
 public:
  Stalls(double probability, uint64_t seed, const std::string& channels) : seed_(seed) {
    std::istringstream stream(channels);
    for (std::string name; std::getline(stream, name, ',');) probability_[index(name)] = probability;
  }

  bool open(Channel channel, uint64_t cycle) const {
    double probability = probability_[static_cast<int>(channel)];
    return probability <= 0 || share(static_cast<uint64_t>(channel), cycle) >= probability;
  }

 private:
  static constexpr const char* kNames[] = {"ar", "r", "aw", "w", "b", "lite"};

  static int index(const std::string& name) {
    for (int i = 0; i < 6; ++i)
      if (name == kNames[i]) return i;
    throw std::runtime_error("no channel is named " + name);
  }

  // 0 to 1, by the finaliser of splitmix64.
  double share(uint64_t channel, uint64_t cycle) const {
    uint64_t x = seed_ * 0x9E3779B97F4A7C15u + channel * 0xD1B54A32D192ED03u + cycle * 0x8CB92BA72F3D8DD7u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return static_cast<double>((x ^ x >> 31) >> 11) * 0x1p-53;
  }

  uint64_t seed_;
  double probability_[6] = {};
};
