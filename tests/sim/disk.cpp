#include "sim/disk.hpp"

#include <algorithm>
#include <utility>

namespace talea::sim {

LogFile::LogFile(Scheduler& scheduler, Marks& marks, Random random, const DiskOptions& options)
    : scheduler_(scheduler), marks_(marks), random_(random), options_(options) {}

bool LogFile::append(vm::BytesView bytes) {
    if (random_.chance(options_.full_ppm)) {
        marks_.hit("disk full");
        return false;
    }
    vm::append(content_, bytes);
    return true;
}

void LogFile::sync(std::function<void(Outcome)> done) {
    ++syncs_;
    const Micros above = options_.sync_mean > options_.sync_min ? options_.sync_mean - options_.sync_min : 0;
    // One after another, as on a device.
    Micros ends = scheduler_.now() + options_.sync_min + (above == 0 ? 0 : random_.exponential(above));
    ends = std::max(ends, last_sync_ends_);
    last_sync_ends_ = ends;
    const bool fails = random_.chance(options_.sync_fails_ppm);
    scheduler_.at(
        ends, [this, upto = content_.size(), life = life_, content_no = content_no_, fails, done = std::move(done)] {
            if (life != life_) return;
            if (fails) {
                marks_.hit("sync failed");
                done(Outcome::failed);
                return;
            }
            if (!options_.lies && content_no == content_no_)
                durable_ = std::max(durable_, std::min(upto, content_.size()));
            done(Outcome::done);
        });
}

void LogFile::replace(vm::Bytes content) {
    ++content_no_;
    content_ = std::move(content);
    durable_ = content_.size();
}

void LogFile::crash(bool power_cut) {
    ++life_;
    last_sync_ends_ = 0;
    if (!power_cut) return;
    std::size_t kept = durable_;
    if (content_.size() > durable_ && random_.chance(options_.torn_ppm)) {
        kept += random_.below(content_.size() - durable_ + 1);
        marks_.hit("torn write");
    } else if (content_.size() > durable_) {
        marks_.hit("unsynced write lost");
    }
    if (options_.lies && kept < content_.size()) marks_.hit("lying sync showed");
    content_.resize(kept);
    durable_ = kept;
}

bool LogFile::damage(std::size_t below) {
    below = std::min(below, durable_);
    if (below == 0) return false;
    const auto flipped = static_cast<std::uint8_t>(1 + random_.below(255));
    content_[random_.below(below)] ^= flipped;
    return true;
}

void LogFile::wipe() {
    ++life_;
    ++content_no_;
    content_.clear();
    durable_ = 0;
    last_sync_ends_ = 0;
}

}  // namespace talea::sim
