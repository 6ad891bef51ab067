#pragma once
#include <leveldb/env.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "unit/random.hpp"

namespace talea::tests {

/// A file system in memory that knows of each file how much was synced. `crashed` is what a machine finds after the
/// power went: of what was not synced, nothing or any part. Names (made, renamed, removed) are durable at once, as
/// LevelDB arranges by syncing its manifest.
class ForgetfulEnv final : public leveldb::EnvWrapper {
  public:
    ForgetfulEnv() : EnvWrapper(leveldb::Env::Default()) {}

    /// Called before each append and each sync, with the number of such operations so far.
    std::function<void(std::uint64_t operation)> before_operation;
    /// Appends and syncs from this operation on fail.
    std::uint64_t fails_from = ~std::uint64_t{0};

    std::unique_ptr<ForgetfulEnv> crashed(Random& random) {
        const std::lock_guard lock(mutex_);
        auto env = std::make_unique<ForgetfulEnv>();
        for (const auto& [name, file] : files_) {
            auto copy = std::make_shared<File>();
            const auto unsynced = file->data.size() - file->synced;
            const auto kept = random.one_in(2) ? 0 : random.below(unsynced + 1);
            copy->data = file->data.substr(0, file->synced + kept);
            copy->synced = copy->data.size();
            env->files_[name] = std::move(copy);
        }
        return env;
    }

    leveldb::Status NewSequentialFile(const std::string& name, leveldb::SequentialFile** out) override {
        const auto file = find(name);
        if (!file) return leveldb::Status::NotFound(name);
        *out = new Sequential(*this, file);
        return {};
    }
    leveldb::Status NewRandomAccessFile(const std::string& name, leveldb::RandomAccessFile** out) override {
        const auto file = find(name);
        if (!file) return leveldb::Status::NotFound(name);
        *out = new RandomAccess(*this, file);
        return {};
    }
    leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** out) override {
        const std::lock_guard lock(mutex_);
        *out = new Writable(*this, files_[name] = std::make_shared<File>());
        return {};
    }
    leveldb::Status NewAppendableFile(const std::string& name, leveldb::WritableFile** out) override {
        const std::lock_guard lock(mutex_);
        auto& file = files_[name];
        if (!file) file = std::make_shared<File>();
        *out = new Writable(*this, file);
        return {};
    }
    bool FileExists(const std::string& name) override { return find(name) != nullptr; }
    leveldb::Status GetChildren(const std::string& folder, std::vector<std::string>* names) override {
        const std::lock_guard lock(mutex_);
        names->clear();
        for (const auto& [name, file] : files_)
            if (name.starts_with(folder + "/")) names->push_back(name.substr(folder.size() + 1));
        return {};
    }
    leveldb::Status RemoveFile(const std::string& name) override {
        const std::lock_guard lock(mutex_);
        return files_.erase(name) == 1 ? leveldb::Status() : leveldb::Status::NotFound(name);
    }
    leveldb::Status DeleteFile(const std::string& name) override { return RemoveFile(name); }
    leveldb::Status CreateDir(const std::string&) override { return {}; }
    leveldb::Status RemoveDir(const std::string&) override { return {}; }
    leveldb::Status GetFileSize(const std::string& name, std::uint64_t* size) override {
        const auto file = find(name);
        if (!file) return leveldb::Status::NotFound(name);
        const std::lock_guard lock(mutex_);
        *size = file->data.size();
        return {};
    }
    leveldb::Status RenameFile(const std::string& from, const std::string& to) override {
        const std::lock_guard lock(mutex_);
        const auto found = files_.find(from);
        if (found == files_.end()) return leveldb::Status::NotFound(from);
        files_[to] = found->second;
        files_.erase(from);
        return {};
    }
    leveldb::Status LockFile(const std::string&, leveldb::FileLock** lock) override {
        *lock = new leveldb::FileLock;
        return {};
    }
    leveldb::Status UnlockFile(leveldb::FileLock* lock) override {
        delete lock;
        return {};
    }
    leveldb::Status NewLogger(const std::string&, leveldb::Logger** logger) override {
        *logger = new Silent;
        return {};
    }

  private:
    struct File {
        std::string data;
        std::size_t synced = 0;
    };
    using FilePtr = std::shared_ptr<File>;

    class Sequential final : public leveldb::SequentialFile {
      public:
        Sequential(ForgetfulEnv& env, FilePtr file) : env_(env), file_(std::move(file)) {}
        leveldb::Status Read(std::size_t count, leveldb::Slice* result, char* scratch) override {
            const std::lock_guard lock(env_.mutex_);
            const auto some = file_->data.substr(std::min(at_, file_->data.size()), count);
            std::copy(some.begin(), some.end(), scratch);
            at_ += some.size();
            *result = leveldb::Slice(scratch, some.size());
            return {};
        }
        leveldb::Status Skip(std::uint64_t count) override {
            at_ += count;
            return {};
        }

      private:
        ForgetfulEnv& env_;
        FilePtr file_;
        std::size_t at_ = 0;
    };
    class RandomAccess final : public leveldb::RandomAccessFile {
      public:
        RandomAccess(ForgetfulEnv& env, FilePtr file) : env_(env), file_(std::move(file)) {}
        leveldb::Status Read(std::uint64_t at, std::size_t count, leveldb::Slice* result,
                             char* scratch) const override {
            const std::lock_guard lock(env_.mutex_);
            const auto some = file_->data.substr(std::min<std::size_t>(at, file_->data.size()), count);
            std::copy(some.begin(), some.end(), scratch);
            *result = leveldb::Slice(scratch, some.size());
            return {};
        }

      private:
        ForgetfulEnv& env_;
        FilePtr file_;
    };
    class Writable final : public leveldb::WritableFile {
      public:
        Writable(ForgetfulEnv& env, FilePtr file) : env_(env), file_(std::move(file)) {}
        leveldb::Status Append(const leveldb::Slice& data) override {
            if (!env_.operate()) return leveldb::Status::IOError("no space left on device");
            const std::lock_guard lock(env_.mutex_);
            file_->data.append(data.data(), data.size());
            return {};
        }
        leveldb::Status Close() override { return {}; }
        leveldb::Status Flush() override { return {}; }
        leveldb::Status Sync() override {
            if (!env_.operate()) return leveldb::Status::IOError("no space left on device");
            const std::lock_guard lock(env_.mutex_);
            file_->synced = file_->data.size();
            return {};
        }

      private:
        ForgetfulEnv& env_;
        FilePtr file_;
    };
    class Silent final : public leveldb::Logger {
      public:
        void Logv(const char*, std::va_list) override {}
    };

    /// Counts one append or sync; false where it is to fail.
    bool operate() {
        std::uint64_t operation = 0;
        {
            const std::lock_guard lock(mutex_);
            operation = operations_++;
        }
        if (before_operation) before_operation(operation);
        return operation < fails_from;
    }
    FilePtr find(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found = files_.find(name);
        return found == files_.end() ? nullptr : found->second;
    }

    std::mutex mutex_;
    std::map<std::string, FilePtr> files_;
    std::uint64_t operations_ = 0;
};

}  // namespace talea::tests
