#include "commands/load_data.hpp"

#include "data/data_files.hpp"
#include "data/test_csv.hpp"
#include "data/training_csv.hpp"
#include "synthetic/synthetic_dataset.hpp"

namespace facial_keypoints {

Dataset load(const std::string& where, Parts parts) {
  Dataset data;
  data.name = where;
  if (where == "synthetic") {
    if (parts != Parts::test) data.training = synthetic_training();
    if (parts != Parts::training) data.test = synthetic_test();
    return data;
  }
  const DataFiles files{where};
  if (parts != Parts::test) data.training = read_training(LineReader{files.open("training.csv")}, data.notes);
  if (parts == Parts::training) return data;

  const auto take = [&](const std::string& table) {
    auto source = parts == Parts::test ? files.open(table) : files.find(table);
    if (!source) data.missing.push_back(table);
    return source;
  };
  auto images = take("test.csv"), lookup = take("IdLookupTable.csv");
  if (images) data.test = read_test_images(LineReader{std::move(images)}, data.notes);
  if (lookup && data.test.faces.size() > 0)
    data.test.lookup = read_lookup(LineReader{std::move(lookup)}, data.test.image_ids, data.notes);
  return data;
}

Dataset load(const std::string& where, Parts parts, std::ostream& print) {
  Dataset data = load(where, parts);
  for (const std::string& note : data.notes) print << note << "\n";
  return data;
}

}  // namespace facial_keypoints
