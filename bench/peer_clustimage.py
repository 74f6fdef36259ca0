"""clustimage with its defaults on a folder. Run: python3 peer_clustimage.py FOLDER"""
import sys
from clustimage import Clustimage

found = Clustimage(method="pca", verbose="warning")
print(len(set(found.fit_transform(sys.argv[1])["labels"])), "groups")
