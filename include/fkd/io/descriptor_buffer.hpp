/// \file
/// The buffer of a stream that writes to a file descriptor and keeps the errno.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <streambuf>
#include <vector>

#include <fkd/io/descriptor.hpp>

namespace fkd::io::detail {

/// The buffer of an output stream that writes to a descriptor, which it does not own.
class DescriptorBuffer final : public std::streambuf {
 public:
  explicit DescriptorBuffer(int file) : file_{file}, buffer_(std::size_t{1} << 16) { empty(); }
  /// The errno of the first failure, 0 if there was none.
  int error() const { return error_; }

 protected:
  int_type overflow(int_type c) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) {
      *pptr() = traits_type::to_char_type(c);
      pbump(1);
    }
    return traits_type::not_eof(c);
  }
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    if (count > epptr() - pptr()) {
      if (sync() != 0) return 0;
      if (count >= static_cast<std::streamsize>(buffer_.size())) {
        error_ = write_all(file_, {bytes, static_cast<std::size_t>(count)});
        return error_ == 0 ? count : 0;
      }
    }
    std::copy_n(bytes, count, pptr());
    pbump(static_cast<int>(count));
    return count;
  }
  int sync() override {
    if (error_ == 0) error_ = write_all(file_, {pbase(), static_cast<std::size_t>(pptr() - pbase())});
    empty();
    return error_ == 0 ? 0 : -1;
  }

 private:
  void empty() { setp(buffer_.data(), buffer_.data() + buffer_.size()); }

  int file_;
  int error_ = 0;
  std::vector<char> buffer_;
};

}  // namespace fkd::io::detail
